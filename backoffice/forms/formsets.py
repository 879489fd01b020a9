"""Formsets for the lists of a record (material, tags, files, comments).

A formset is wrapped in one field of its form (`RowsField`), so that a form has one field for each property.
Admin shows the same formsets as inlines.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import (
    DELETION_FIELD_NAME,
    INITIAL_FORM_COUNT,
    TOTAL_FORM_COUNT,
    BaseFormSet,
    formset_factory,
)
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.field_html import field_line
from backoffice.forms.fields import BLANK, ReferenceField, form_field_for
from backoffice.forms.patches import DetachedInstanceMixin, UncleanedDeletionMixin
from backoffice.forms.reference_options import ReferenceOptions
from backoffice.records.history import format_moment
from backoffice.records.properties import NESTED_PAGE_LENGTH, CollectionProperty, ListPage, ListPages

PLACEHOLDERS = ("__prefix__", "__inner__")
"""The placeholders for the index of a new row, in a formset and in a nested one."""
FIRST_FORM = "FIRST_FORM"
"""The management form's field with the index of the first row in the list, if it is not the first page."""


def set_choices(form: forms.BaseForm, model, choices: ReferenceOptions, current) -> None:
    """Set the options of a form's reference fields. `current(name)` returns the current id."""
    for name, field in form.fields.items():
        if isinstance(field, ReferenceField):
            field.choose(choices, model._meta.get_field(name), current(name))


def drop_errors_of_unchanged_fields(form: forms.BaseForm) -> None:
    """Drop the errors of unchanged fields, so that a form with invalid old values can be saved."""
    for name in set(form.errors) - set(form.changed_data):
        del form.errors[name]


def words_for_users(errors: list) -> ValidationError:
    """Return the model's errors, with words that users understand instead of those about null."""
    return ValidationError([BLANK if item.code == "null" else item for item in errors])


class RowFormMixin:
    """The form of one row. It only parses the input; the update of the record validates it. `details` names the
    fields under “More”, `left_out` the hidden ones, `file_lists` the nested lists of files: files are added by
    upload and can only be removed here."""

    def __init__(
        self,
        *args,
        prop: CollectionProperty,
        choices=None,
        pages=None,
        depth=0,
        details=(),
        left_out=(),
        file_lists=(),
        removal_only=False,
        **kwargs,
    ):
        initial = kwargs.get("initial") or {}
        super().__init__(*args, **kwargs)
        self.prop, self.details, self.removal_only, self.row_sets = prop, details, removal_only, {}
        if choices is not None and hasattr(self, "_meta"):
            set_choices(self, self._meta.model, choices, initial.get)
        for name, nested in getattr(prop, "nested", {}).items():
            options = {"depth": depth + 1, "removal_only": name in file_lists}
            attach_rows(self, name, nested, initial.get(name, []), choices, pages, **options)
        for name in left_out:
            del self.fields[name]
        if prop.has_ids:
            self.fields["id"] = forms.CharField(required=False, widget=forms.HiddenInput)
        for name in prop.fields if removal_only else ():
            self.fields[name].disabled = True

    def clean(self):
        drop_errors_of_unchanged_fields(self)
        return super().clean()

    @property
    def main_lines(self) -> list[SafeString]:
        """The rendered fields outside “More”."""
        if self.removal_only:
            return [format_html("<span>{}</span>", self.initial.get(self.prop.fields[0], ""))]
        hidden = (*self.details, DELETION_FIELD_NAME)
        return [self._line(field) for field in self.visible_fields() if field.name not in hidden]

    @property
    def detail_lines(self) -> list[SafeString]:
        return [field_line(self[name]) for name in self.details if name in self.fields]

    def _line(self, field) -> SafeString:
        if isinstance(field.field, RowsField):
            if not field.field.formset.forms:
                return format_html("{}", field)
            nested = '<fieldset class="formset-nested"><legend>{}</legend>{}</fieldset>'
            return format_html(nested, field.label, field)
        return field_line(field)

    @property
    def signature(self) -> str:
        """The author and date of a comment; empty for other rows."""
        author, date = self.initial.get("employee_name"), self.initial.get("date")
        return ", ".join(part for part in (author, format_moment(date) if date else "") if part)

    @property
    def removal(self):
        return self[DELETION_FIELD_NAME] if DELETION_FIELD_NAME in self.fields else None

    def changed_values(self) -> dict:
        """Return the values that differ from those shown in the row, by property."""
        names = set(self.changed_data) - {DELETION_FIELD_NAME, "id"}
        return {name: value for name, value in self.cleaned_data.items() if name in names}

    def add_path_error(self, path: list[str], errors: list) -> None:
        """Add an error to the nested row, field or row that the path names: `["files", "0", "url"]`,
        `["budget"]`, `[]`."""
        name = path[0] if path else None
        if name in self.row_sets and len(path) > 1:
            self.row_sets[name].add_path_error(path[1:], errors)
        elif name in self.fields:
            self.add_error(name, words_for_users(errors))
        elif len(self.prop.fields) == 1 and self.prop.fields[0] in self.fields:
            self.add_error(self.prop.fields[0], words_for_users(errors))
        else:
            self.add_error(None, ValidationError(errors))


class RowForm(RowFormMixin, DetachedInstanceMixin, forms.ModelForm):
    """A row that is stored in a table of its own. The update of the record validates it."""


class RowFormSet(UncleanedDeletionMixin, BaseFormSet):
    """The rows of one page of a list. `value()` returns the whole list for `services.update`, with the
    elements of the other pages unchanged."""

    def __init__(self, data, files, prefix, prop: CollectionProperty, entries, **form_kwargs):
        self.prop, self.all_entries = prop, list(entries)
        self.pages, self.depth = form_kwargs["pages"], form_kwargs["depth"]
        self.has_script = not form_kwargs["removal_only"]
        """Whether a script may add rows."""
        self.first, self.last = self._range(data, prefix)
        self.entries = self.all_entries[self.first : self.last]
        initial = [self._as_dict(entry) for entry in self.entries]
        if choices := form_kwargs["choices"]:
            self._read_names(initial, choices)
        super().__init__(
            data, files, prefix=prefix, initial=initial, form_kwargs={"prop": prop, **form_kwargs}
        )

    def _range(self, data, prefix: str) -> tuple[int, int]:
        """Return the range of the rows in the list: as submitted, or the requested page."""
        total = len(self.all_entries)
        if data is None:
            page = self.pages.page(prefix, total, NESTED_PAGE_LENGTH if self.depth else None)
            return page.first, page.last
        first, initial, total_forms = (
            _read_count(data.get(f"{prefix}-{name}"))
            for name in (FIRST_FORM, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT)
        )
        first = min(first, total)
        return first, min(first + min(initial, total_forms), total)

    @property
    def page(self) -> ListPage:
        """The page of the list that the rows are, with the URLs of the other pages."""
        return self.pages.page_between(self.prefix, self.first, self.last, len(self.all_entries))

    @cached_property
    def management_form(self):
        form = super().management_form
        if self.first:
            form.fields[FIRST_FORM] = forms.CharField(widget=forms.HiddenInput, initial=self.first)
        return form

    def _as_dict(self, entry):
        return entry if isinstance(entry, dict) else {self.prop.fields[0]: entry}

    def _read_names(self, initial: list[dict], choices: ReferenceOptions) -> None:
        """Prefetch the names of referenced records for fields with autocomplete."""
        for name, column in getattr(self.prop, "columns", dict)().items():
            ids = {values[name] for values in initial if values.get(name)}
            if column.target and ids and choices.are_many(column.field):
                choices.read_names(column.target, ids)

    @property
    def label(self):
        return self.prop.label

    def add_prefix(self, index):
        """Use another placeholder for the index of a new row in a nested formset."""
        return super().add_prefix(PLACEHOLDERS[self.depth] if index == PLACEHOLDERS[0] else index)

    def _remaining_forms(self):
        """Yield (form, index) of each row that is new or not deleted."""
        for index, form in enumerate(self.forms):
            if self.is_deleted(form):
                continue
            if index >= self.initial_form_count() and not form.has_changed():
                continue
            yield form, index

    def value(self) -> list:
        """Return the submitted list. Elements that were not edited, or not on the page, are exactly as they
        were."""
        earlier = [(None, self._unchanged(entry)) for entry in self.all_entries[: self.first]]
        later = [(None, self._unchanged(entry)) for entry in self.all_entries[self.last :]]
        shown, new = [], []
        for form, index in self._remaining_forms():
            rows = shown if index < len(self.entries) else new
            rows.append((form, self._entry(form, self._shown(index))))
        pairs = [*earlier, *shown, *later, *new]
        self.value_forms = [form for form, _entry in pairs]
        return [entry for _form, entry in pairs]

    def _unchanged(self, entry):
        """Return the value of an element that no row shows: its id keeps it as it is."""
        return {"id": entry["id"]} if self.prop.has_ids else entry

    def _shown(self, index: int):
        """Return the entry that a row showed; None for a new row."""
        return self.entries[index] if index < min(self.initial_form_count(), len(self.entries)) else None

    def _entry(self, form, shown):
        changed = form.changed_values()
        if self.prop.has_ids:
            pk = form.cleaned_data.get("id") if shown is not None else None
            return {"id": pk, **changed} if pk else changed
        if len(self.prop.fields) == 1:
            return changed.get(self.prop.fields[0], shown)
        blank = {name: form.cleaned_data.get(name) for name in self.prop.fields}
        return {**blank, **(shown or {}), **changed}

    def has_changed(self):
        return any(
            index < self.initial_form_count() if self.is_deleted(form) else form.has_changed()
            for index, form in enumerate(self.forms)
        )

    def add_path_error(self, path: list[str], errors: list) -> None:
        """Add an error to the row of an element of `value()`, or to the formset if no row shows the
        element."""
        value_forms = getattr(self, "value_forms", [])
        index = int(path[0]) if path and path[0].isdigit() else -1
        if 0 <= index < len(value_forms) and value_forms[index] is not None:
            value_forms[index].add_path_error(path[1:], errors)
        else:
            messages = [message for error in errors for message in error.messages]
            self._non_form_errors = self.error_class([*self.non_form_errors(), *messages])

    def summary(self, label: str) -> list[tuple[str, str, str]]:
        """Return every error in the rows as (id of the control, label, message)."""
        found = []
        for number, form in enumerate(self.forms, 1):
            row_label = f"{label} {number}"
            found += [("", row_label, message) for message in form.non_field_errors()]
            for name in form.errors:
                if name in form.row_sets:
                    found += form.row_sets[name].summary(f"{row_label}, {form.fields[name].label}")
                elif name in form.fields:
                    bound = form[name]
                    bound_label = f"{row_label}, {bound.label}"
                    found += [(bound.id_for_label, bound_label, message) for message in bound.errors]
        return found


class RowsWidget(forms.Widget):
    """Renders a formset as the widget of a field."""

    formset: RowFormSet

    def render(self, name, value, attrs=None, renderer=None):
        return render_to_string("forms/rows.html", {"formset": self.formset})

    def value_from_datadict(self, data, files, name):
        return None

    def id_for_label(self, id_):
        return ""


class RowsField(forms.Field):
    """A field whose value is that of its formset."""

    widget = RowsWidget

    def __init__(self, formset, **kwargs):
        super().__init__(required=False, **kwargs)
        self.formset = self.widget.formset = formset

    def has_changed(self, initial, data):
        return self.formset.has_changed()

    def clean(self, value):
        if not self.formset.is_valid():
            raise ValidationError(_("Correct the marked rows."))
        return self.formset.value()


def _read_count(text: str | None) -> int:
    """Parse a number of the management form; return 0 if it is invalid."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def attach_rows(
    form,
    name: str,
    prop: CollectionProperty,
    entries: list | dict | None,
    choices: ReferenceOptions | None,
    pages: ListPages,
    depth=0,
    removal_only=False,
    **options,
):
    """Add the field of a list, stored in rows or in a column (`forms.json_rows`), to a form. `options` are those
    of `RowFormMixin`."""
    row_form = getattr(prop, "row_form", None) or forms.modelform_factory(
        prop.model, form=RowForm, fields=prop.input_fields, formfield_callback=form_field_for
    )
    formset_class = formset_factory(
        row_form,
        formset=getattr(prop, "formset", RowFormSet),
        extra=0 if removal_only else 1,
        can_delete=True,
        max_num=1000,
        absolute_max=2000,
    )
    data, files = (form.data, form.files) if form.is_bound else (None, None)
    options |= {"choices": choices, "pages": pages, "depth": depth, "removal_only": removal_only}
    formset = formset_class(data, files, form.add_prefix(name), prop, entries, **options)
    form.row_sets[name] = formset
    form.fields[name] = RowsField(formset, label=capfirst(str(prop.label)))
