"""Read-only admin pages of the history, the secret access log and the number series."""

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.admin.base import ReadOnlyAdmin
from backoffice.admin.filters import MAX_LINKS, ManyRecordsMixin, PeriodFilter
from backoffice.admin.groups import COMPANY, SECURITY
from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.records.history import (
    describe_action,
    entries_visible_to,
    list_entries,
    record_types_visible_to,
)


class RecordTypeFilter(admin.SimpleListFilter):
    """Filter by record type."""

    title = _("type")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [
            (label, capfirst(model._meta.verbose_name))
            for label, model in record_types_visible_to(request.user).items()
        ]

    def queryset(self, request, queryset):
        return queryset.filter(record_type=self.value()) if self.value() else queryset


class SecretTypeFilter(RecordTypeFilter):
    """Filter by record type, of those that have secrets."""

    def lookups(self, request, model_admin):
        models = record_types_visible_to(request.user)
        return [
            (label, name)
            for label, name in super().lookups(request, model_admin)
            if any(prop.guard and prop.guard.secret for prop in models[label].properties.values())
        ]


class WhoFilter(ManyRecordsMixin, admin.SimpleListFilter):
    """Filter by author: the users of the company, or the installation."""

    title = _("user")
    parameter = parameter_name = "who"
    nobody = "-"

    def lookups(self, request, model_admin):
        rows = apps.get_model("people.User").objects.visible_to(request.user)
        people = [(person.pk, str(person)) for person in rows[: MAX_LINKS + 1]]
        if len(people) > MAX_LINKS:
            people = [] if self.value() == self.nobody else self.find_typed(rows)
            self.is_long, self.rows = True, rows
        return [*people, (self.nobody, _("from the command line"))]

    def queryset(self, request, queryset):
        if self.is_unknown:
            return queryset.none()
        if not self.value():
            return queryset
        return queryset.filter(user_id=None if self.value() == self.nobody else self.value())


class AuditEntryAdmin(ReadOnlyAdmin):
    """History-like rows about records: those of the user's company, about record types that the user may
    see."""

    list_display_links = ("at",)
    list_filter = (("at", PeriodFilter), RecordTypeFilter, "via", WhoFilter)
    group = SECURITY
    search_fields = ("record_name",)
    ordering = ("-at", "-id")
    with_company = True
    permission = ""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(self.permission)

    def rows(self, request):
        return entries_visible_to(request.user, self.model._default_manager.all())

    def get_search_results(self, request, queryset, search_term):
        """Search the name that the record had."""
        for word in search_term[:MAX_SEARCH_LENGTH].split():
            queryset = queryset.filter(record_name__has=word)
        return queryset, False

    def get_object(self, request, object_id, from_field=None):
        """Return the row with its reader."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.reader = request.user
        return row

    @admin.display(description=_("type"), ordering="record_type")
    def kind(self, row):
        return apps.get_model(row.record_type)._meta.verbose_name

    @admin.display(description=_("record"))
    def record_link(self, row):
        """Return links to the record's page in admin, and to the one in Caretaker, where changes are undone. A record
        that was deleted, or that the reader may not see, has none."""
        model = apps.get_model(row.record_type)
        record = model.objects.visible_to(row.reader).filter(pk=row.record_id).first()
        if record is None:
            return row.record_name
        label = row.record_type.replace(".", "_")
        admin_url = reverse(f"admin:{label}_change", args=[quote(row.record_id)])
        link = format_html('<a href="{}">{}</a>', admin_url, row.record_name)
        product_url = self.admin_site.get_model_admin(model).get_view_on_site_url(record)
        if product_url is None:
            return link
        return format_html('{} · <a href="{}">{}</a>', link, product_url, _("Open in Caretaker"))


class HistoryAdmin(AuditEntryAdmin):
    """The history of a company. The page of an entry shows its changes."""

    permission = "records.view_history"
    summary = _("Who changed what, when, and through which channel")
    list_display = ("at", "action_label", "kind", "record_name", "via")
    readonly_fields = ("kind", "record_link", "action_label", "sentences")
    fields = ("at", "via", "action_label", "kind", "record_link", "sentences", "version", "request_id")

    @admin.display(description=_("action"), ordering="action")
    def action_label(self, row):
        return describe_action(apps.get_model(row.record_type).visible_author(row, row.reader), row.action)

    def get_list_display(self, request):
        """Show the author only as far as the user may see it. (The rows of a list do not know their
        reader.)"""

        @admin.display(description=_("action"), ordering="action")
        def action_label(row):
            row.reader = request.user
            return self.action_label(row)

        return [
            action_label if name == "action_label" else name for name in super().get_list_display(request)
        ]

    def get_fields(self, request, obj=None):
        return [*self.fields, "company"] if request.user.is_superuser else self.fields

    @admin.display(description=_("changes"))
    def sentences(self, row):
        model = apps.get_model(row.record_type)
        record = model.objects.visible_to(row.reader).filter(pk=row.record_id).first()
        lines = [line for entry in list_entries([row], model, record, row.reader) for line in entry.sentences]
        return render_to_string("admin/history_sentences.html", {"sentences": lines})


class SecretReadingAdmin(AuditEntryAdmin):
    """The secret access log: which secrets were shown to whom."""

    permission = "records.view_secretreading"
    summary = _("Who was shown door codes and keys")
    list_display = ("at", "who", "kind", "record_name", "property_labels", "via")
    list_filter = (("at", PeriodFilter), SecretTypeFilter, "via", WhoFilter)
    readonly_fields = ("kind", "record_link", "property_labels")
    fields = ("at", "who", "via", "kind", "record_link", "property_labels", "request_id")

    @admin.display(description=_("shown"))
    def property_labels(self, row):
        model = apps.get_model(row.record_type)
        return ", ".join(model.properties[name].label for name in row.properties if name in model.properties)


class NumberSeriesAdmin(ReadOnlyAdmin):
    """The last numbers assigned."""

    group = COMPANY
    summary = _("The last number of each kind that was assigned")
    list_display = ("company", "kind", "last")
    readonly_fields = ("kind",)
    fields = ("company", "kind", "last")
    search_fields = ()

    @admin.display(description=_("type"), ordering="record_type")
    def kind(self, row):
        return row.type_name

    def rows(self, request):
        return self.model._default_manager.all()

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser
