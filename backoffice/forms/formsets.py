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
from django.utils.translation import gettext_lazy as _

from backoffice.forms.field_html import field_line
from backoffice.forms.fields import ReferenceField, form_field_for
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
    for name in set(form._errors) - set(form.changed_data):
        del form._errors[name]


class ListFormMixin:
    """Gives access to the list property. (In a tuple, because it is a descriptor and would bind.)"""

    props: tuple[CollectionProperty]

    @property
    def prop(self) -> CollectionProperty:
        return self.props[0]


class RowFormMixin(ListFormMixin):
    """The form of one row. It only parses the input; the update of the record validates it."""

    details: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    file_lists: tuple[str, ...] = ()
    """Nested lists of files. Files are added by upload and can only be removed here."""
    removal_only = False

    def __init__(self, *args, choices=None, pages=None, depth=0, **kwargs):
        initial = kwargs.get("initial") or {}
        super().__init__(*args, **kwargs)
        if choices is not None and hasattr(self, "_meta"):
            set_choices(self, self._meta.model, choices, initial.get)
        self.row_sets = {}
        for name, nested in getattr(self.prop, "nested", {}).items():
            removal_only = name in self.file_lists
            entries = initial.get(name, [])
            attach_rows(self, name, nested, entries, choices, pages, depth + 1, removal_only=removal_only)
        for name in self.left_out:
            del self.fields[name]
        if self.prop.has_ids:
            self.fields["id"] = forms.CharField(required=False, widget=forms.HiddenInput)
        for name in self.prop.fields if self.removal_only else ():
            self.fields[name].disabled = True

    def _clean_fields(self):
        super()._clean_fields()
        drop_errors_of_unchanged_fields(self)

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
        changed = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        changed.pop(DELETION_FIELD_NAME, None)
        changed.pop("id", None)
        return changed

    def add_path_error(self, path: list[str], errors: list) -> None:
        """Add an error to the nested row, field or row that the path names: `["files", "0", "url"]`,
        `["budget"]`, `[]`."""
        name = path[0] if path else None
        if name in self.row_sets and len(path) > 1:
            self.row_sets[name].add_path_error(path[1:], errors)
        elif name in self.fields:
            self.add_error(name, ValidationError(errors))
        elif len(self.prop.fields) == 1 and self.prop.fields[0] in self.fields:
            self.add_error(self.prop.fields[0], ValidationError(errors))
        else:
            self.add_error(None, ValidationError(errors))


class RowForm(RowFormMixin, forms.ModelForm):
    """A row that is stored in a table of its own."""

    def _post_clean(self):
        """Do nothing: the update of the record validates."""


class RowFormSet(ListFormMixin, BaseFormSet):
    """The rows of one page of a list. `value()` returns the whole list for `services.update`, with the
    elements of the other pages unchanged."""

    depth = 0
    has_script = True
    """Whether a script may add rows."""

    def __init__(self, data=None, files=None, *, entries=(), choices=None, pages=None, prefix=None, **kwargs):
        self.all_entries = list(entries)
        self.pages = pages or ListPages()
        self.first, self.last = self._range(data, prefix)
        self.entries = self.all_entries[self.first : self.last]
        self.choices = choices
        form_kwargs = {"choices": choices, "pages": self.pages, "depth": self.depth}
        kwargs["form_kwargs"] = {**form_kwargs, **kwargs.get("form_kwargs", {})}
        initial = [self._as_dict(entry) for entry in self.entries]
        if choices is not None:
            self._read_names(initial, choices)
        super().__init__(data, files, prefix=prefix, initial=initial, **kwargs)

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

    @property
    def empty_form(self):
        """A new row with a placeholder for its index. A nested formset has a different placeholder."""
        form = self.form(
            auto_id=self.auto_id,
            prefix=self.add_prefix(PLACEHOLDERS[self.depth]),
            empty_permitted=True,
            use_required_attribute=False,
            **self.get_form_kwargs(None),
        )
        self.add_fields(form, None)
        return form

    def _should_delete_form(self, form):
        """Read the submitted data, because `has_changed` needs this before the form is cleaned."""
        return bool(form[DELETION_FIELD_NAME].data)

    def _remaining_forms(self):
        """Yield (form, index) of each row that is new or not deleted."""
        for index, form in enumerate(self.forms):
            if self._should_delete_form(form):
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
            (self._should_delete_form(form) and index < self.initial_form_count()) or form.has_changed()
            for index, form in enumerate(self.forms)
            if not (self._should_delete_form(form) and index >= self.initial_form_count())
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

    def __init__(self, formset):
        super().__init__()
        self.formset = formset

    def __deepcopy__(self, memo):
        return self

    def render(self, name, value, attrs=None, renderer=None):
        return render_to_string("forms/rows.html", {"formset": self.formset})

    def value_from_datadict(self, data, files, name):
        return None

    def value_omitted_from_data(self, data, files, name):
        return False

    def id_for_label(self, id_):
        return ""

    @property
    def media(self):
        return forms.Media()


class RowsField(forms.Field):
    """A field whose value is that of its formset."""

    def __init__(self, formset, **kwargs):
        super().__init__(required=False, widget=RowsWidget(formset), **kwargs)
        self.formset = formset

    def __deepcopy__(self, memo):
        return self

    def has_changed(self, initial, data):
        return self.formset.has_changed()

    def clean(self, value):
        if not self.formset.is_valid():
            raise ValidationError(_("Correct the marked rows."))
        return self.formset.value()


def _read_count(text: str | None) -> int:
    """Parse a number of the management form; return 0 if it is invalid."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def formset_for(
    prop: CollectionProperty, depth: int = 0, details=(), left_out=(), file_lists=(), removal_only=False
) -> type[RowFormSet]:
    """Return the formset class for a list of a record, stored in rows or in a column (`forms.json_rows`).
    `details` names the fields under “More”, `left_out` the hidden ones, `file_lists` the nested lists whose
    entries can only be removed."""
    row_form = getattr(prop, "row_form", None) or forms.modelform_factory(
        prop.model, form=RowForm, fields=list(prop.fields), formfield_callback=form_field_for
    )
    attributes = {
        "props": (prop,),
        "details": details,
        "left_out": left_out,
        "file_lists": file_lists,
        "removal_only": removal_only,
    }
    row_form = type(row_form.__name__, (row_form,), attributes)
    base = getattr(prop, "formset", RowFormSet)
    formset = formset_factory(
        row_form,
        formset=base,
        extra=0 if removal_only else 1,
        can_delete=True,
        max_num=1000,
        absolute_max=2000,
    )
    formset.has_script = not removal_only
    formset.props = (prop,)
    formset.depth = depth
    return formset


def attach_rows(
    form,
    name: str,
    prop: CollectionProperty,
    entries: list,
    choices: ReferenceOptions | None,
    pages: ListPages | None,
    depth=0,
    **options,
):
    """Add the field of a list to a form. `options` are those of `formset_for`."""
    formset = formset_for(prop, depth, **options)(
        form.data if form.is_bound else None,
        form.files if form.is_bound else None,
        entries=entries,
        choices=choices,
        pages=pages,
        prefix=form.add_prefix(name),
    )
    form.row_sets[name] = formset
    label = str(prop.label)
    form.fields[name] = RowsField(formset, label=label[:1].upper() + label[1:])
