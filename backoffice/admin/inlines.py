"""Admin inlines for the lists of a record's form: the same formsets, displayed as admin shows rows.

The form saves its lists together with all other fields (`forms.formsets.RowsField`), so an inline here
renders them and saves nothing.
"""

from django.contrib import admin
from django.contrib.admin.helpers import AdminField, InlineAdminForm, InlineAdminFormSet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class RowsInlineMixin:
    """Shows the list `list_name` of a record. Combine with admin's TabularInline or StackedInline; `model` is
    the row model."""

    list_name = ""
    in_table = False

    def get_fieldsets(self, request, obj=None):
        """Return the fields of a row that are shown at once, and those behind "More"."""
        rows = self.parent_model.properties[self.list_name]
        details = self.details
        names = [*rows.input_fields, *getattr(rows, "nested", {})]
        main = (None, {"fields": [name for name in names if name not in details]})
        more = (_("More"), {"fields": [name for name in names if name in details], "classes": ["collapse"]})
        return [main, more] if details else [main]

    @property
    def details(self) -> tuple[str, ...]:
        form = self.admin_site.get_model_admin(self.parent_model).form
        return form.row_details.get(self.list_name, ())

    def has_add_permission(self, request, obj=None):
        if obj is None:
            return self.admin_site.get_model_admin(self.parent_model).has_add_permission(request)
        return request.user.may("change", obj)

    has_change_permission = has_delete_permission = has_add_permission

    def has_view_permission(self, request, obj=None):
        return request.user.may("view", obj or self.parent_model)


class TabularRows(RowsInlineMixin, admin.TabularInline):
    """Rows of a few short properties, in a table."""

    in_table = True


class StackedRows(RowsInlineMixin, admin.StackedInline):
    """Rows of many or long properties, one below the other."""


class AdminRowForm(InlineAdminForm):
    """One row. It has an id of its own only if its list contains sub-documents."""

    def needs_explicit_pk_field(self):
        return "id" in self.form.fields

    def pk_field(self):
        return AdminField(self.form, "id", False)


class AdminRowFormSet(InlineAdminFormSet):
    """A list on the page of its record. Users who may not change it see disabled fields instead of text:
    Django needs an object to render a row as text, and these rows have none."""

    def __iter__(self):
        initial_count = self.formset.initial_form_count()
        for place, form in enumerate(self.formset.forms):
            yield self._row(form, f"#{place + 1}" if place < initial_count else None)
        if self.has_add_permission:
            yield self._row(self.formset.empty_form, None)

    def _row(self, form, original):
        form.label_suffix = ""
        if "DELETE" in form.fields:
            form.fields["DELETE"].label = _("Remove")
        for name, field in form.fields.items():  # a table has its labels in the header only
            if name != "id" and self.opts.in_table:
                field.widget.attrs.setdefault("aria-label", field.label)
        return AdminRowForm(
            self.formset, form, self.fieldsets, self.prepopulated_fields, original, (), self.opts
        )

    def fields(self):
        for _title, options in self.fieldsets:
            for name in options["fields"]:
                field = self._empty_form.fields[name]
                yield {
                    "name": name,
                    "label": field.label,
                    "widget": field.widget,
                    "required": field.required,
                    "help_text": field.help_text,
                }

    @cached_property
    def _empty_form(self):
        return self.formset.empty_form
