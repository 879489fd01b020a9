"""Forms of bulk edits: the controls of the record's form, each with a checkbox. Properties without a tick are
not changed."""

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from backoffice.bulk.edits import EDIT_MODES, PropertyEdit, edit_modes_for, plain_json
from backoffice.forms.field_html import control_class
from backoffice.forms.fieldsets import FieldGroup
from backoffice.forms.formsets import RowsWidget
from backoffice.forms.record_form import RecordForm
from backoffice.records.properties import ColumnProperty, RecordProperty, nested_errors
from backoffice.records.services import Merge, missing_reference_error

TICKED = "set"


def editable_in_bulk(form_class: type[RecordForm]) -> list[str]:
    """Return the properties that can be set in bulk. Excluded are those set on creation only, unique ones,
    and secrets, because the values of a job are readable in the database until it is done."""
    model = form_class._meta.model
    unique_names = {
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.UniqueConstraint)
        for name in constraint.fields
    } - {"company"}
    names = []
    for name in form_class.properties:
        prop = model.properties[name]
        is_secret = prop.guard is not None and (prop.guard.hashed or prop.guard.secret)
        is_unique = not prop.many and (prop.field.unique or name in unique_names)
        if not (is_secret or is_unique or prop.derived or name in form_class.only_on_creation):
            names.append(name)
    return names


class BulkFormMixin:
    """A mixin for a record's form. It validates what does not depend on a record; the update of each record
    validates the rest."""

    chooses_company = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = set(editable_in_bulk(type(self)))
        for name in list(self.fields):
            if name not in known:
                del self.fields[name]
        for field in self.fields.values():
            field.required = False
            field.help_text = ""
            if not isinstance(field.widget, forms.CheckboxSelectMultiple):
                field.widget.attrs["class"] = control_class(field.widget)
        sent = self.data.getlist(TICKED) if self.is_bound else []
        self.ticked = [name for name in self.fields if name in sent]

    def check(self):
        """Skip the plan of an update: there is no single record."""

    def clean(self):
        for name in list(self.errors):
            if name not in self.ticked:
                del self.errors[name]
        for name in self.ticked:
            if name not in self.errors:
                self._check_value(name)
        return super().clean()

    def _check_value(self, name: str) -> None:
        prop = self._meta.model.properties[name]
        try:
            if isinstance(prop, ColumnProperty) and not prop.target:
                prop.field.clean(self.cleaned_data[name], None)
            else:
                self._check_references(name, prop, prop.to_python(self.cleaned_data[name]))
        except ValidationError as error:
            self.add_path_errors(ValidationError(nested_errors(name, error)))

    def _check_references(self, name: str, prop: RecordProperty, value) -> None:
        """Raise ValidationError for references that the actor may not use, before their names are looked
        up."""
        found: list[tuple[str, type[models.Model], str]] = []
        if isinstance(prop, ColumnProperty):
            found = [("", prop.target, value)] if value is not None else []
        else:
            prop.check(self.present, Merge(self.present).merge_new_property(prop, value), found)
        check = self.present.check_references
        known = {model: check(name, model, {pk for _path, each, pk in found if each is model}, self.actor)
                 for model in {model for _path, model, _pk in found}}  # fmt: skip
        errors = {
            path: [missing_reference_error(model)] for path, model, pk in found if pk not in known[model]
        }
        if errors:
            raise ValidationError(errors.get("", errors))

    def edits(self) -> list[PropertyEdit]:
        """Return the edits of the ticked properties."""
        edits = []
        for name in self.ticked:
            modes = edit_modes_for(self._meta.model.properties[name])
            how = self.data.get(f"how-{name}")
            value = plain_json(self.cleaned_data.get(name))
            edits.append(PropertyEdit(name, how if how in modes else modes[0], value))
        return edits

    def groups_of_lines(self) -> list[tuple[FieldGroup, list[dict]]]:
        """Return the groups of the record's form with their lines, without empty groups."""
        groups = []
        for group in self.groups:
            lines = [self._line(name) for name in group.names() if name in self.fields]
            if lines:
                groups.append((group, lines))
        return groups

    def _line(self, name: str) -> dict:
        """Return a property in the form: its control, whether it is ticked, and its edit modes. A single `label`
        cannot name several controls."""
        modes = edit_modes_for(self._meta.model.properties[name])
        sent = self.data.get(f"how-{name}") if self.is_bound else ""
        choices = [(how, str(EDIT_MODES[how])) for how in modes] if len(modes) > 1 else []
        return {
            "field": self[name],
            "ticked": name in self.ticked,
            "modes": choices,
            "mode": sent if sent in modes else modes[0],
            "has_several_controls": isinstance(
                self.fields[name].widget, (RowsWidget, forms.CheckboxSelectMultiple)
            ),
        }


def bulk_form_class(form_class: type[RecordForm]) -> type[RecordForm]:
    return type(f"{form_class.__name__}InBulk", (BulkFormMixin, form_class), {})
