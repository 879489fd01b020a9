"""Rows in forms: the lists that belong to a record (material, tags, files, comments), each a formset.

A formset stands in its form as one field (`RowsField`), so that a form has one field for each property. Admin
shows the same formsets as inlines.
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
from backoffice.forms.fields import ReferenceField, ReferenceOptions, form_field_for
from backoffice.records.history import format_moment
from backoffice.records.properties import WITHIN, CollectionProperty, ListPage, ListPages

PLACEHOLDERS = ("__prefix__", "__inner__")
"""What stands for a new row's number, in a formset and in one within it."""
FIRST_FORM = "FIRST_FORM"
"""The field of the management form that says which element of the list the first row is: only a part may be on the page."""


def set_choices(form: forms.BaseForm, model, choices: ReferenceOptions, current) -> None:
    """Offer every reference field of a form what its person may choose. `current(name)` is the id chosen now."""
    for name, field in form.fields.items():
        if isinstance(field, ReferenceField):
            field.choose(choices, model._meta.get_field(name), current(name))


def forget_errors_of_unchanged(form: forms.BaseForm) -> None:
    """Let a form be saved whose untouched fields show what could not be entered now."""
    for name in set(form._errors) - set(form.changed_data):
        del form._errors[name]


class ListFormMixin:
    """Knows its list. (In a tuple: a list is a descriptor, and would take the class for its record.)"""

    props: tuple[CollectionProperty]

    @property
    def prop(self) -> CollectionProperty:
        return self.props[0]


class RowFormMixin(ListFormMixin):
    """One row. It reads what was sent; the record's change validates it with everything else."""

    details: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    file_lists: tuple[str, ...] = ()
    """Lists within the row that are files: these come by upload, and can only be removed here."""
    only_removed = False

    def __init__(self, *args, choices=None, pages=None, depth=0, **kwargs):
        initial = kwargs.get("initial") or {}
        super().__init__(*args, **kwargs)
        if choices is not None and hasattr(self, "_meta"):
            set_choices(self, self._meta.model, choices, initial.get)
        self.row_sets = {}
        for name, nested in getattr(self.prop, "nested", {}).items():
            only_removed = name in self.file_lists
            entries = initial.get(name, [])
            attach_rows(self, name, nested, entries, choices, pages, depth + 1, only_removed=only_removed)
        for name in self.left_out:
            del self.fields[name]
        if self.prop.has_ids:
            self.fields["id"] = forms.CharField(required=False, widget=forms.HiddenInput)
        for name in self.prop.fields if self.only_removed else ():
            self.fields[name].disabled = True

    def _clean_fields(self):
        super()._clean_fields()
        forget_errors_of_unchanged(self)

    @property
    def main_lines(self) -> list[SafeString]:
        """The fields that a row shows at first, drawn; the rest is behind "More"."""
        if self.only_removed:
            return [format_html("<span>{}</span>", self.initial.get(self.prop.fields[0], ""))]
        behind = (*self.details, DELETION_FIELD_NAME)
        return [self._line(field) for field in self.visible_fields() if field.name not in behind]

    @property
    def detail_lines(self) -> list[SafeString]:
        return [field_line(self[name]) for name in self.details if name in self.fields]

    def _line(self, field) -> SafeString:
        if isinstance(field.field, RowsField):
            if not field.field.formset.forms:
                return format_html("{}", field)
            nested = '<fieldset class="rows-nested"><legend>{}</legend>{}</fieldset>'
            return format_html(nested, field.label, field)
        return field_line(field)

    @property
    def said(self) -> str:
        """Who said it and when, of a row that somebody has signed."""
        who, date = self.initial.get("employee_name"), self.initial.get("date")
        return ", ".join(part for part in (who, format_moment(date) if date else "") if part)

    @property
    def removal(self):
        return self[DELETION_FIELD_NAME] if DELETION_FIELD_NAME in self.fields else None

    def sent(self) -> dict:
        """What was sent of this row, by property; of a known element only what differs from what was shown."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data if name in self.cleaned_data}
        changed.pop(DELETION_FIELD_NAME, None)
        changed.pop("id", None)
        return changed

    def add_path_error(self, path: list[str], errors: list) -> None:
        """Put an error where it belongs: `["files", "0", "url"]`, `["budget"]`, or on the row."""
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
    """A row that is kept in a table of its own."""

    def _post_clean(self):
        """(The record's change validates.)"""


class RowFormSet(ListFormMixin, BaseFormSet):
    """The rows of one page of a list. `value()` is the list to send to `records.change`, with the elements that are on
    none of its rows as they were."""

    depth = 0
    has_script = True
    """Whether the page has the script that adds rows."""

    def __init__(self, data=None, files=None, *, entries=(), choices=None, pages=None, prefix=None, **kwargs):
        self.all_entries = list(entries)
        self.pages = pages or ListPages()
        self.first, self.last = self._range(data, prefix)
        self.entries = self.all_entries[self.first : self.last]
        self.choices = choices
        own = {"choices": choices, "pages": self.pages, "depth": self.depth}
        kwargs["form_kwargs"] = {**own, **kwargs.get("form_kwargs", {})}
        initial = [self._as_dict(entry) for entry in self.entries]
        if choices is not None:
            self._read_names(initial, choices)
        super().__init__(data, files, prefix=prefix, initial=initial, **kwargs)

    def _range(self, data, prefix: str) -> tuple[int, int]:
        """Return where the rows begin and end in the list: as sent, or the page that was asked for."""
        total = len(self.all_entries)
        if data is None:
            page = self.pages.page(prefix, total, WITHIN if self.depth else None)
            return page.first, page.last
        first, initial, sent = (
            _read_count(data.get(f"{prefix}-{name}"))
            for name in (FIRST_FORM, INITIAL_FORM_COUNT, TOTAL_FORM_COUNT)
        )
        first = min(first, total)
        return first, min(first + min(initial, sent), total)

    @property
    def page(self) -> ListPage:
        """Which part of the list the rows are, with the addresses of the other parts."""
        return self.pages.between(self.prefix, self.first, self.last, len(self.all_entries))

    @cached_property
    def management_form(self):
        form = super().management_form
        if self.first:
            form.fields[FIRST_FORM] = forms.CharField(widget=forms.HiddenInput, initial=self.first)
        return form

    def _as_dict(self, entry):
        return entry if isinstance(entry, dict) else {self.prop.fields[0]: entry}

    def _read_names(self, initial: list[dict], choices: ReferenceOptions) -> None:
        """What the rows point at, read at once where it is not among what is offered."""
        for name, column in getattr(self.prop, "columns", dict)().items():
            ids = {values[name] for values in initial if values.get(name)}
            if column.target and ids and choices.are_many(column.field):
                choices.read_names(column.target, ids)

    @property
    def label(self):
        return self.prop.label

    @property
    def empty_form(self):
        """A new row with a placeholder for its number; within another row, with a placeholder of its own."""
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
        """(As sent: whether a row has changed is asked before it is cleaned.)"""
        return bool(form[DELETION_FIELD_NAME].data)

    def _kept(self):
        """(form, place among those that were shown) of each row that stays or is new."""
        for place, form in enumerate(self.forms):
            if self._should_delete_form(form):
                continue
            if place >= self.initial_form_count() and not form.has_changed():
                continue
            yield form, place

    def value(self) -> list:
        """The list as sent. An element that was not touched, or was not on the page, is exactly what it was."""
        hidden = [(None, self._hidden(entry)) for entry in self.all_entries[: self.first]]
        later = [(None, self._hidden(entry)) for entry in self.all_entries[self.last :]]
        shown, new = [], []
        for form, place in self._kept():
            rows = shown if place < len(self.entries) else new
            rows.append((form, self._entry(form, self._shown(place))))
        found = [*hidden, *shown, *later, *new]
        self.kept_forms = [form for form, _entry in found]
        return [entry for _form, entry in found]

    def _hidden(self, entry):
        """Return what to send for an element that is on none of the rows."""
        return {"id": entry["id"]} if self.prop.has_ids else entry

    def _shown(self, place: int):
        """The entry that was shown in a row; None for a new row."""
        return self.entries[place] if place < min(self.initial_form_count(), len(self.entries)) else None

    def _entry(self, form, shown):
        sent = form.sent()
        if self.prop.has_ids:
            known = form.cleaned_data.get("id") if shown is not None else None
            return {"id": known, **sent} if known else sent
        if len(self.prop.fields) == 1:
            return sent.get(self.prop.fields[0], shown)
        blank = {name: form.cleaned_data.get(name) for name in self.prop.fields}
        return {**blank, **(shown or {}), **sent}

    def has_changed(self):
        return any(
            (self._should_delete_form(form) and place < self.initial_form_count()) or form.has_changed()
            for place, form in enumerate(self.forms)
            if not (self._should_delete_form(form) and place >= self.initial_form_count())
        )

    def add_path_error(self, path: list[str], errors: list) -> None:
        """Put an error on the row at a place of `value()`."""
        kept = getattr(self, "kept_forms", [])
        place = int(path[0]) if path and path[0].isdigit() else -1
        if 0 <= place < len(kept) and kept[place] is not None:
            kept[place].add_path_error(path[1:], errors)
        else:
            self._non_form_errors = self.error_class(
                [*self.non_form_errors(), *[m for e in errors for m in e.messages]]
            )

    def summary(self, label: str) -> list[tuple[str, str, str]]:
        """Every error in the rows as (id of the control, label, message)."""
        found = []
        for place, form in enumerate(self.forms, 1):
            where = f"{label} {place}"
            found += [("", where, message) for message in form.non_field_errors()]
            for name in form.errors:
                if name in form.row_sets:
                    found += form.row_sets[name].summary(f"{where}, {form.fields[name].label}")
                elif name in form.fields:
                    bound = form[name]
                    found += [
                        (bound.id_for_label, f"{where}, {bound.label}", message) for message in bound.errors
                    ]
        return found


class RowsWidget(forms.Widget):
    """Shows a formset where a field's input would be."""

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
    """A list in a form: its value is what its formset says."""

    def __init__(self, formset, **kwargs):
        super().__init__(required=False, widget=RowsWidget(formset), **kwargs)
        self.formset = formset

    def __deepcopy__(self, memo):
        return self

    def has_changed(self, initial, data):
        return self.formset.has_changed()

    def clean(self, value):
        if not self.formset.is_valid():
            raise ValidationError(_("Mend the marked rows."))
        return self.formset.value()


def _read_count(text: str | None) -> int:
    """Read a number of the management form; 0 if it is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def formset_for(
    prop: CollectionProperty, depth: int = 0, details=(), left_out=(), file_lists=(), only_removed=False
) -> type[RowFormSet]:
    """The formset class for a list of a record, kept in rows or (`forms.lists`) in a column. `details` names what
    a row shows behind "More" only, `left_out` what it does not show at all, `file_lists` the lists within a row of which
    entries are only removed."""
    row_form = getattr(prop, "row_form", None) or forms.modelform_factory(
        prop.model, form=RowForm, fields=list(prop.fields), formfield_callback=form_field_for
    )
    shown_as = {
        "details": details,
        "left_out": left_out,
        "file_lists": file_lists,
        "only_removed": only_removed,
    }
    row_form = type(row_form.__name__, (row_form,), {"props": (prop,), **shown_as})
    base = getattr(prop, "formset", RowFormSet)
    formset = formset_factory(
        row_form,
        formset=base,
        extra=0 if only_removed else 1,
        can_delete=True,
        max_num=1000,
        absolute_max=2000,
    )
    formset.has_script = not only_removed
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
    **shown,
):
    """Give a form the field for one of its lists; `shown` as for `formset_for`."""
    formset = formset_for(prop, depth, **shown)(
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
