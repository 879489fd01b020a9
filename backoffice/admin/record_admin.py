"""The admin of records: Django's pages with our form and the write service."""

from functools import partialmethod

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.exceptions import DisallowedModelAdminToField
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import unquote
from django.contrib.messages import WARNING
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.accounts.preserved_forms import restored_data
from backoffice.accounts.request_keys import form_key
from backoffice.admin.base import BaseAdmin, is_reference
from backoffice.admin.bulk import archive, delete_selected, restore
from backoffice.admin.filters import LabelledChoicesFilter, VisibleReferenceFilter
from backoffice.admin.inlines import AdminRowFormSet
from backoffice.db.compat import prefetch_references
from backoffice.forms.conflicts import read_version
from backoffice.forms.record_form import RecordForm, record_form, save_with_retry
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict, DeletionRefused, RecordDeleted
from backoffice.records.history import history_of, list_entries
from backoffice.records.idempotency import KeyInUse, KeyReused, RequestKey, find_repeated
from backoffice.records.properties import ListPages

STAMPS = ("created_at", "created_by", "last_modified_at", "last_modified_by")


class RecordAdmin(BaseAdmin):
    """Administers one record type. Subclasses set its `form` (a RecordForm of the app), the inlines for its
    lists, and the columns and filters of the list page; by default the form has all properties, and the list has
    the references, and filters by them and by choices. `form.commit` does all writing."""

    form: type[RecordForm] = RecordForm
    search_fields = ("search_text",)
    actions = (archive, restore, delete_selected)
    change_form_template = "admin/record_change_form.html"

    def __init__(self, model, admin_site):
        if self.form is RecordForm:
            self.form = record_form(model)
        # Without a thread beside it, the form has the newest texts. To change one adds a message.
        self.form = type(self.form.__name__, (self.form,), {"in_thread": frozenset()})
        columns = [prop for prop in model.properties.values() if not prop.many and not prop.guard]
        references = [prop.name for prop in columns if prop.target]
        if self.list_display == BaseAdmin.list_display:
            self.list_display_links = ("number", "__str__")
            self.list_display = (*self.list_display_links, *references, "last_modified_at")
            filters = ((name, VisibleReferenceFilter) for name in references)
            choices = [prop.name for prop in columns if prop.field.choices]
            self.list_filter = (*filters, *choices, ("status", LabelledChoicesFilter))
        super().__init__(model, admin_site)
        self.with_company = any(field.name == "company" for field in self.opts.concrete_fields)

    @admin.display(description=gettext_lazy("record status"), ordering="status")
    def status_label(self, record):
        return dict(record.value_labels["status"]).get(record.status, record.status)

    @admin.display(description=gettext_lazy("priority"), ordering="priority")
    def priority_label(self, record):
        return dict(record.value_labels["priority"]).get(record.priority, record.priority)

    def get_list_display(self, request):
        """Leave out properties that the user may not see."""
        names = super().get_list_display(request)
        return [name for name in names if self.model.shows_values_to(request.user, name)]

    def get_list_filter(self, request):
        """Leave out filters by properties that the user may not see."""
        filters = super().get_list_filter(request)
        named = [(item[0] if isinstance(item, tuple) else item, item) for item in filters]
        return [item for name, item in named if self.model.shows_values_to(request.user, name)]

    def rows(self, request):
        return self.model.objects.visible_to(request.user)

    def _may(self, request, obj=None, *, action):
        return request.user.may(action, self.model if obj is None else obj)

    has_view_permission = partialmethod(_may, action="view")
    has_change_permission = partialmethod(_may, action="change")
    has_delete_permission = partialmethod(_may, action="delete")

    def has_add_permission(self, request, obj=None):
        """Superusers without a company choose one in the form."""
        return request.user.may("add", self.model() if request.user.is_superuser else self.model)

    def get_view_on_site_url(self, obj=None):
        """Return the URL of the record's page in the browser, if it has one."""
        try:
            return (
                reverse(f"{self.opts.app_label}:{self.opts.model_name}_record", args=[obj.pk])
                if obj
                else None
            )
        except NoReverseMatch:
            return None

    def get_record_or_404(self, request, object_id):
        """Return the record of a page: 404 if it is not visible to the user, 403 if they may not see this
        record type."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        return found

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Show or process the form of a record or a new one. (Replaces Django's view, which saves a form, its
        lists and its log one after the other, inside one transaction.)"""
        to_field = request.POST.get(TO_FIELD_VAR, request.GET.get(TO_FIELD_VAR))
        if to_field and not self.to_field_allowed(request, to_field):
            raise DisallowedModelAdminToField(f"The field {to_field} cannot be referenced.")
        obj = self.get_record_or_404(request, object_id) if object_id is not None else None
        posted = request.method == "POST"
        if obj is None and not self.has_add_permission(request):
            raise PermissionDenied
        if obj is not None and posted and not self.has_change_permission(request, obj):
            raise PermissionDenied
        if not posted:
            data = restored_data(request, request.path)
            pages = ListPages(request.path, request.GET)
            form = self.form(data, actor=request.user, instance=obj, pages=pages)
            return self.form_page(
                request, form.without_errors() if data else form, obj, form_url, extra_context
            )
        key = form_key(request) if obj is None else None
        try:
            if earlier := find_repeated(key):
                return self.redirect_to_created(request, earlier.record_id)
            form, planned = self.save_form(request, object_id, key)
        except KeyReused:
            form = self.form(request.POST, request.FILES, actor=request.user)
            if form.is_valid():
                message = _(
                    "You have already created a record from this page. To create another one, save again."
                )
                self.message_user(request, message, WARNING)
            return self.form_page(request, form, obj, form_url, extra_context)
        except KeyInUse:  # a concurrent request submits the same form
            return self.changeform_view(request, object_id, form_url, extra_context)
        if planned is None:
            return self.form_page(request, form, obj, form_url, extra_context)
        return self.response_after_save(request, planned, is_new=obj is None)

    def redirect_to_created(self, request, pk: str):
        """Redirect a form that was submitted twice to the record that the first submission created."""
        self.message_user(request, _("The form was sent twice. Only one record was created."))
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", pk)

    def save_form(self, request, object_id, key: RequestKey | None = None):
        """Return the submitted form and the committed write: None if the form was refused, and then the form
        has the errors. If the record changes between validation and commit, the form is validated again."""

        def build_form():
            obj = self.get_record_or_404(request, object_id) if object_id is not None else None
            return self.form(request.POST, request.FILES, actor=request.user, instance=obj)

        try:
            return save_with_retry(build_form, ChangeContext(Channel.ADMIN, request.request_id, key))
        except RecordDeleted as error:
            raise Http404 from error

    def response_after_save(self, request, planned, is_new: bool):
        """Return the response to a successful save."""
        if is_new:
            return self.response_add(request, planned.record)
        if not planned.changes:
            self.message_user(request, _("You made no changes, so nothing was saved."))
            return self.response_post_save_change(request, planned.record)
        response = self.response_change(request, planned.record)
        for row in planned.merged_entries:
            note = (
                _("You saved other changes in the meantime. Both were kept.")
                if row.was_made_by(request.user.pk)
                else _("%(who)s saved other changes in the meantime. Both were kept.")
            )
            self.message_user(request, note % {"who": row.who})
        return response

    def form_page(self, request, form: RecordForm, obj, form_url, extra_context):
        """Render the form in the admin layout."""
        form.pages.address = request.path
        form.label_suffix = ""
        prepare_without_script(form)
        editable = self.has_change_permission(request, obj) if obj else True
        if not editable:
            disable_fields(form)
        inlines = [
            inline for inline in self.get_inline_instances(request, obj) if inline.list_name in form.row_sets
        ]
        formsets = [form.row_sets[inline.list_name] for inline in inlines]
        fieldsets = self.fieldsets_of(form, {inline.list_name for inline in inlines})
        kept = fieldsets[-1][1]["fields"] if obj else ()
        for name in kept:
            self.prefetch_name(request, obj, name)
        admin_form = helpers.AdminForm(form, fieldsets, {}, kept, model_admin=self)
        shown_inlines = self.get_inline_formsets(request, formsets, inlines, obj)
        media = self.media + admin_form.media
        for shown in shown_inlines:
            media += shown.media
        title = _("Create %s") if obj is None else _("Edit %s") if editable else _("View %s")
        context = {
            **self.admin_site.each_context(request),
            "title": title % self.opts.verbose_name,
            "subtitle": str(obj) if obj else None,
            "adminform": admin_form,
            "object_id": obj.pk if obj else None,
            "original": obj,
            "is_popup": IS_POPUP_VAR in request.POST or IS_POPUP_VAR in request.GET,
            "to_field": None,
            "media": media,
            "inline_admin_formsets": shown_inlines,
            "list_parts": [formset for formset in formsets if formset.page.is_partial],
            "errors": helpers.AdminErrorList(form, []),
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        return self.render_change_form(
            request, context, add=obj is None, change=obj is not None, obj=obj, form_url=form_url
        )

    def fieldsets_of(self, form: RecordForm, inline_names: set[str]) -> list:
        """Return the form's groups as admin fieldsets, without the lists in `inline_names`, which are inlines.
        Existing records get a last fieldset with the fields that the server maintains."""
        fieldsets = []
        for group in form.groups:
            lines = [(line,) if isinstance(line, str) else line for line in group.lines]
            shown = [
                tuple(name for name in line if name in form.fields and name not in inline_names)
                for line in lines
            ]
            shown = [line for line in shown if line]
            if shown:
                tone = f"field-group-{group.tone}" if group.tone else "field-group"
                fieldsets.append((group.title, {"fields": shown, "classes": [tone]}))
        if not form.is_new:
            hidden = [(name,) for name in ("version", "settle-version") if name in form.fields]
            fieldsets[-1][1]["fields"] += hidden
            fieldsets.append(
                (_("System information"), {"fields": self.bookkeeping_fields(), "classes": ["collapse"]})
            )
        return fieldsets

    def prefetch_name(self, request, obj, name: str) -> None:
        """Prefetch a reference that is only shown, with the name that the user may see, if any."""
        if is_reference(self.model, name):
            target = self.model._meta.get_field(name).related_model
            prefetch_references([obj], name, target.names_visible_to(request.user))

    def bookkeeping_fields(self) -> list[str]:
        """Return the fields that the server maintains and every user of the page may read."""
        derived = [name for name, prop in self.model.properties.items() if prop.derived and not prop.guard]
        return [*derived, *sorted(self.model.bookkeeping_columns), *STAMPS]

    def get_inline_formsets(self, request, formsets, inline_instances, obj=None):
        return [
            AdminRowFormSet(
                inline,
                formset,
                inline.get_fieldsets(request, obj),
                model_admin=self,
                has_add_permission=inline.has_add_permission(request, obj),
                has_change_permission=inline.has_change_permission(request, obj),
                has_delete_permission=inline.has_delete_permission(request, obj),
                has_view_permission=inline.has_view_permission(request, obj),
            )
            for inline, formset in zip(inline_instances, formsets, strict=True)
        ]

    def delete_view(self, request, object_id, extra_context=None):
        """Confirm and perform the deletion. (Django's view would list and delete dependent records with it.)"""
        obj = self.get_record_or_404(request, object_id)
        if not self.has_delete_permission(request, obj):
            raise PermissionDenied
        problem = ""
        if request.method == "POST":
            context = ChangeContext(Channel.ADMIN, request.request_id)
            base = read_version(request.POST.get("version"))
            try:
                services.delete(obj, actor=request.user, context=context, base=base)
            except (DeletionRefused, Conflict) as error:
                problem = str(error)
            except RecordDeleted as error:
                raise Http404 from error
            else:
                return self.response_delete(request, str(obj), obj.pk)
        return self.render_page(
            request,
            "admin/record_remove.html",
            _("Delete %(kind)s") % {"kind": self.opts.verbose_name},
            object_name=self.opts.verbose_name,
            object=obj,
            problem=problem,
            app_label=self.opts.app_label,
            preserved_filters=self.get_preserved_filters(request),
            media=self.media,
            is_popup_var=IS_POPUP_VAR,
            **(extra_context or {}),
        )

    def history_view(self, request, object_id, extra_context=None):
        """Show our own history, as far as the user may see it."""
        obj = self.get_record_or_404(request, object_id)
        paginator = self.get_paginator(request, history_of(obj), 100)
        page = paginator.get_page(request.GET.get("p", 1))
        return self.render_page(
            request,
            "admin/record_history.html",
            _("History: %(name)s") % {"name": obj},
            entries=list_entries(list(page), self.model, obj, request.user),
            page=page,
            module_name=capfirst(self.opts.verbose_name_plural),
            object=obj,
            product_url=self.get_view_on_site_url(obj),
            preserved_filters=self.get_preserved_filters(request),
            **(extra_context or {}),
        )


def prepare_without_script(form) -> None:
    """Render the rows of a form without the markup for the script of the browser pages; rows of long lists
    get no blank nested row."""
    for formset in form.row_sets.values():
        formset.has_script = False
        for row in formset.forms:
            for nested in row.row_sets.values() if formset.page.is_partial else ():
                nested.extra = 0
            prepare_without_script(row)


def disable_fields(form) -> None:
    """Disable a form and its rows for users with read access only."""
    for field in form.fields.values():
        field.disabled = True
    for formset in form.row_sets.values():
        formset.extra = 0
        for row in formset.forms:
            disable_fields(row)
