"""The form in which somebody says what is to become of many records: the controls of the record's own form, each with
a box to tick. What is not ticked stays as it is."""

from dataclasses import dataclass

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms import BoundField

from backoffice.bulk.edits import EDIT_MODES, PropertyEdit, edit_modes_for, plain_json
from backoffice.forms.formsets import RowsField
from backoffice.forms.record_form import RecordForm
from backoffice.records.properties import CollectionProperty, ColumnProperty, nested_errors
from backoffice.records.services import Merge, no_such_record

TICKED = "set"


def editable_in_bulk(form_class: type[RecordForm]) -> list[str]:
    """The properties that may be given the same value in many records. Not what is said on creation only, nor what
    tells records apart, nor secrets: what is wanted is kept in the database until it is done, for people to read."""
    model = form_class._meta.model
    apart = {
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        for name in constraint.fields
    } - {"company"}
    found = []
    for name in form_class.properties:
        prop = model.properties[name]
        secret = prop.guard is not None and (prop.guard.hashed or prop.guard.secret)
        unique = not prop.many and (prop.field.unique or name in apart)
        if not (secret or unique or prop.derived or name in form_class.only_on_creation):
            found.append(name)
    return found


@dataclass(frozen=True)
class BulkLine:
    """A property in the form: its control, whether it is ticked, and what may be done with it."""

    field: BoundField
    ticked: bool
    hows: list[tuple[str, str]]
    how: str

    @property
    def is_rows(self) -> bool:
        return isinstance(self.field.field, RowsField)

    @property
    def is_alone(self) -> bool:
        """Whether it is several controls, that a label of one cannot name."""
        return self.is_rows or isinstance(self.field.field.widget, forms.CheckboxSelectMultiple)


class BulkForm:
    """Made of a record's form. It checks what can be told without a record; the rest is for each to say."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = set(editable_in_bulk(type(self)))
        for name in list(self.fields):
            if name not in known:
                del self.fields[name]
        for field in self.fields.values():
            field.required = False
            field.help_text = ""
            _dress(field.widget)
        sent = self.data.getlist(TICKED) if self.is_bound else []
        self.ticked = [name for name in self.fields if name in sent]

    def check(self):
        """(There is no one record to plan a change of.)"""

    def _clean_fields(self):
        super()._clean_fields()
        for name in list(self.errors):
            if name not in self.ticked:
                del self._errors[name]
        for name in self.ticked:
            if name not in self.errors:
                self._check_value(name)

    def _check_value(self, name: str) -> None:
        prop = self._meta.model.properties[name]
        try:
            if isinstance(prop, ColumnProperty) and not prop.target:
                prop.field.clean(self.cleaned_data[name], None)
            else:
                self._check_references(name, prop, prop.to_python(self.cleaned_data[name]))
        except ValidationError as error:
            self.add_path_errors(ValidationError(nested_errors(name, error)))

    def _check_references(self, name: str, prop: ColumnProperty | CollectionProperty, value) -> None:
        """Refuse what no record of this person's may point at, before its name is looked up anywhere."""
        found: list[tuple[str, type[models.Model], str]] = []
        if isinstance(prop, ColumnProperty):
            found = [("", prop.target, value)] if value is not None else []
        else:
            prop.check(self.present, Merge(self.present, False, None).new_property(prop, value), found)
        check = self.present.check_references
        known = {model: check(name, model, {pk for _path, each, pk in found if each is model}, self.actor)
                 for model in {model for _path, model, _pk in found}}  # fmt: skip
        errors = {path: [no_such_record(model)] for path, model, pk in found if pk not in known[model]}
        if errors:
            raise ValidationError(errors.get("", errors))

    def wanted(self) -> list[PropertyEdit]:
        """What was ticked, with its value."""
        found = []
        for name in self.ticked:
            hows = edit_modes_for(self._meta.model.properties[name])
            how = self.data.get(f"how-{name}")
            value = plain_json(self.cleaned_data.get(name))
            found.append(PropertyEdit(name, how if how in hows else hows[0], value))
        return found

    def groups_of_lines(self) -> list[tuple[object, list[BulkLine]]]:
        """The groups of the record's own form, those that have nothing for here left out."""
        found = []
        for group in self.groups:
            lines = [self._line(name) for name in group.names() if name in self.fields]
            if lines:
                found.append((group, lines))
        return found

    def _line(self, name: str) -> BulkLine:
        hows = edit_modes_for(self._meta.model.properties[name])
        sent = self.data.get(f"how-{name}") if self.is_bound else ""
        offered = [(how, str(EDIT_MODES[how])) for how in hows] if len(hows) > 1 else []
        return BulkLine(self[name], name in self.ticked, offered, sent if sent in hows else hows[0])


def _dress(widget: forms.Widget) -> None:
    """Bootstrap's classes, which crispy-forms would give them elsewhere."""
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return
    kind = "form-control"
    if isinstance(widget, forms.CheckboxInput):
        kind = "form-check-input"
    elif isinstance(widget, forms.Select):
        kind = "form-select"
    widget.attrs["class"] = kind


def bulk_form_class(form_class: type[RecordForm]) -> type[RecordForm]:
    return type(f"{form_class.__name__}InBulk", (BulkForm, form_class), {})
