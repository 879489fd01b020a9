"""Read-only admin pages of the history, the secret access log and the number series."""

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.admin.base import ReadOnlyAdmin
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


class WhoFilter(admin.SimpleListFilter):
    """Filter by author: the users of the company, or the installation."""

    title = _("user")
    parameter_name = "who"
    nobody = "-"

    def lookups(self, request, model_admin):
        people = apps.get_model("people.User").objects.visible_to(request.user)
        return [*((person.pk, str(person)) for person in people), (self.nobody, _("from the command line"))]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        return queryset.filter(user_id=None if self.value() == self.nobody else self.value())


class AuditEntryAdmin(ReadOnlyAdmin):
    """History-like rows about records: those of the user's company, about record types that the user may
    see."""

    search_fields = ("record_name",)
    ordering = ("-at", "-id")
    with_company = True
    permission = ""

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm(self.permission)

    def rows(self, request):
        return entries_visible_to(request.user, self.model._default_manager.all())

    def get_search_results(self, request, queryset, search_term):
        """Search the name that the record had. Not every database ignores the case of non-ASCII letters, so
        each spelling is tried."""
        for word in search_term[:MAX_SEARCH_LENGTH].split():
            spellings = Q()
            for spelling in {word, word.lower(), word.upper(), word.capitalize()}:
                spellings |= Q(record_name__icontains=spelling)
            queryset = queryset.filter(spellings)
        return queryset, False

    @admin.display(description=_("type"), ordering="record_type")
    def kind(self, row):
        return apps.get_model(row.record_type)._meta.verbose_name

    @admin.display(description=_("record"))
    def record_link(self, row):
        """Return a link to the record's page, which is 404 if the record was deleted."""
        label = row.record_type.replace(".", "_")
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{label}_change", args=[quote(row.record_id)]),
                           row.record_name)  # fmt: skip


class HistoryAdmin(AuditEntryAdmin):
    """The history of a company. The page of an entry shows its changes."""

    permission = "records.view_history"
    list_display = ("at", "action_label", "kind", "record_name", "via")
    list_display_links = ("at",)
    list_filter = (RecordTypeFilter, "via", WhoFilter)
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

    def get_object(self, request, object_id, from_field=None):
        """Return the row with its reader."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.reader = request.user
        return row

    @admin.display(description=_("changes"))
    def sentences(self, row):
        model = apps.get_model(row.record_type)
        record = model.objects.visible_to(row.reader).filter(pk=row.record_id).first()
        lines = [line for entry in list_entries([row], model, record, row.reader) for line in entry.sentences]
        return render_to_string("admin/history_sentences.html", {"sentences": lines})


class SecretReadingAdmin(AuditEntryAdmin):
    """The secret access log: which secrets were shown to whom."""

    permission = "records.view_secretreading"
    list_display = ("at", "who", "kind", "record_name", "via")
    list_display_links = ("at",)
    list_filter = (RecordTypeFilter, "via", WhoFilter)
    readonly_fields = ("kind", "record_link", "property_labels")
    fields = ("at", "who", "via", "kind", "record_link", "property_labels", "request_id")

    def get_fields(self, request, obj=None):
        return self.fields

    @admin.display(description=_("properties"))
    def property_labels(self, row):
        model = apps.get_model(row.record_type)
        return ", ".join(model.properties[name].label for name in row.properties if name in model.properties)


class NumberSeriesAdmin(ReadOnlyAdmin):
    """The last numbers assigned."""

    list_display = ("company", "record_type", "last")
    search_fields = ()

    def rows(self, request):
        return self.model._default_manager.all()

    def has_view_permission(self, request, obj=None):
        return request.user.is_superuser
