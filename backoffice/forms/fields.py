"""Form fields that only read what a browser sends: the rules, and their messages, are the model's."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.json_input import json_text, read_json
from backoffice.forms.localization import (
    end_of_day,
    read_day,
    read_decimal,
    read_moment,
    read_whole,
    start_of_day,
    write_day,
    write_moment,
    write_number,
)
from backoffice.forms.reference_input import ReferenceInput, identify_typed, name_getter
from backoffice.records import identify
from backoffice.records.fields import CANNOT_BE_READ, AnyField, DayField, NumberField, WholeNumberField
from backoffice.records.history import local_time, unknown_name
from backoffice.records.identify import are_many, describe_uniquely, sort_choices
from backoffice.records.models import Entity
from backoffice.records.properties import Holders


def as_compared(value) -> str:
    """Text as two shown values are compared: browsers send CRLF, and know no None."""
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")


class ModelValidatedMixin:
    """Leaves every rule to the model, and counts as an edit only what differs from what the widget showed:
    a door that cannot show milliseconds must not cut them off."""

    def validate(self, value):
        """(The model says what is required, in its own words.)"""

    def run_validators(self, value):
        """(The model runs them.)"""

    def to_python(self, value):
        try:
            return super().to_python(value)
        except ValidationError:
            return value  # not even the right type: the model says so

    def has_changed(self, initial, data):
        if self.disabled:
            return False
        shown = self.widget.format_value(self.prepare_value(initial))
        if isinstance(shown, (list, tuple)):
            shown = shown[0] if shown else ""
        return as_compared(shown) != as_compared(data)


def has_lines(text: object) -> bool:
    return isinstance(text, str) and ("\n" in text or "\r" in text)


class LineInput(forms.TextInput):
    """A box for one line; several lines have an area, for in a box browsers drop what is between them."""

    def render(self, name, value, attrs=None, renderer=None):
        if has_lines(value):
            rows = {"rows": min(len(value.splitlines()) + 1, 10)}
            return forms.Textarea({**self.attrs, **rows}).render(name, value, attrs, renderer)
        return super().render(name, value, attrs, renderer)


class TextField(ModelValidatedMixin, forms.CharField):
    """Text; what is typed around it is stripped."""

    widget = LineInput


class LocalizedField(ModelValidatedMixin, forms.Field):
    """A value that is text in a form, as the reader's language writes it. What cannot be read is refused, and is not the
    same as nothing. Subclasses write and read."""

    @staticmethod
    def write(value) -> str:
        raise NotImplementedError

    @staticmethod
    def read(text: str):
        raise NotImplementedError

    def prepare_value(self, value):
        return value if value is None or isinstance(value, str) else self.write(value)

    def to_python(self, value):
        text = "" if value is None else str(value).strip()
        return self.read(text) if text else None

    def has_changed(self, initial, data):
        """Another spelling of what is shown is no edit."""
        if not super().has_changed(initial, data):
            return False
        try:
            return self.prepare_value(self.to_python(data)) != self.prepare_value(initial)
        except ValidationError:
            return True


class RecordIntegerField(LocalizedField):
    """A whole number."""

    write, read = staticmethod(write_number), staticmethod(read_whole)


class DecimalField(LocalizedField):
    """A number; shown without a decimal sign where it is whole."""

    write, read = staticmethod(write_number), staticmethod(read_decimal)


class DateInput(forms.TextInput):
    """A box for a day, which says how one is written. `static/dates.js` puts the browser's calendar beside it."""

    with_time = False

    class Media:
        js = ("dates.js",)
        css = {"all": ("dates.css",)}

    def build_attrs(self, base_attrs, extra_attrs=None):
        shown = {
            "placeholder": _("DD/MM/YYYY HH:MM") if self.with_time else _("DD/MM/YYYY"),
            "autocomplete": "off",
            "data-date": "moment" if self.with_time else "day",
            "data-choose": _("Choose from a calendar"),
        }
        return shown | super().build_attrs(base_attrs, extra_attrs)


class DateTimeInput(DateInput):
    """A box for a day and a time."""

    with_time = True


class DateField(LocalizedField):
    """A day, which is kept as the moment at which it begins or ends in the local time zone."""

    widget = DateInput

    def __init__(self, *, ends=False, **kwargs):
        self.ends = ends
        super().__init__(**kwargs)

    @staticmethod
    def write(value):
        return write_day(local_time(value))

    def read(self, text):
        return end_of_day(read_day(text)) if self.ends else start_of_day(read_day(text))


class RecordDateTimeField(LocalizedField):
    """A moment, to the minute, in the local time zone."""

    widget = DateTimeInput
    write, read = staticmethod(write_moment), staticmethod(read_moment)


class ChoiceField(ModelValidatedMixin, forms.ChoiceField):
    """One of the model's choices; the key is what counts."""


class YesNoUnknownField(ModelValidatedMixin, forms.NullBooleanField):
    """Yes, no, or nothing said."""

    def has_changed(self, initial, data):
        return initial != self.to_python(data)


class RecordBooleanField(ModelValidatedMixin, forms.BooleanField):
    """Yes or no."""

    def has_changed(self, initial, data):
        return bool(initial) != bool(self.to_python(data))


class ReferenceField(ModelValidatedMixin, forms.ChoiceField):
    """A link to another record: its id, chosen from what the person may see. Of many, one types which is meant."""

    rows: models.QuerySet | None = None
    present, present_name = "", ""

    def choose(
        self, choices: "ReferenceOptions", field: models.ForeignKey, chosen: str | None = None
    ) -> None:
        """Let one of what a model's field may point at be chosen; what is chosen now stays, even if it would not be
        offered any more."""
        target = field.related_model
        if not choices.are_many(field):
            self.choices = choices.of(field, chosen)
            return
        self.rows = choices.rows(target)  # who types a name may mean anybody
        if chosen:
            self.present, self.present_name = chosen, choices.name_of(target, chosen)
        query = f"?company={choices.company_id}&" if choices.company_id else "?"
        query += f"of={field.model._meta.label_lower}.{field.name}"
        url = reverse("web:offers", args=[target._meta.label_lower])
        self.widget = ReferenceInput(f"{url}{query}", self._name_of, self.widget.attrs)

    def _name_of(self, pk: str) -> str:
        return self.present_name if pk == self.present else name_getter(self.rows)(pk)

    def to_python(self, value):
        text = (value or "").strip()
        if self.rows is None or not text:
            return value or None
        return self.present if self._is_present(text) else identify_typed(self.widget, self.rows, text).pk

    def has_changed(self, initial, data):
        text = (data or "").strip()
        if self.rows is not None and initial and initial == self.present and self._is_present(text):
            return False
        return (initial or "") != text

    def _is_present(self, text: str) -> bool:
        """Whether the name of what is chosen now was sent, as browsers send what a box has."""
        return text == self.present_name.replace("\r", "").replace("\n", "").strip()


class RecordMultipleChoiceField(ModelValidatedMixin, forms.MultipleChoiceField):
    """Some of several choices, as boxes to tick."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)

    def has_changed(self, initial, data):
        return set(initial or ()) != set(data or ())


class SecretInput(forms.TextInput):
    """A secret, covered until asked for: covered, an empty box means "leave it as it is" and a tick takes it
    away; uncovered, the box is the value."""

    template_name = "forms/secret.html"
    covered = True
    unreadable = False
    """Whether nobody can read it, for its key is missing; it can be replaced and taken away all the same."""
    typed, cleared = "", False
    """What was sent of it, to be there still when the form comes back."""

    def format_value(self, value):
        return None if self.covered else secret_text(value)

    def get_context(self, name, value, attrs):
        context = super().get_context(name, None if self.covered else value, attrs)
        context["widget"] |= {
            "covered": self.covered,
            "unreadable": CANNOT_BE_READ if self.unreadable else "",
            "is_set": self.is_set,
            "has_lines": has_lines(value) or has_lines(self.typed),
            "typed": self.typed,
            "cleared": self.cleared,
        }
        return context

    is_set = False

    def value_from_datadict(self, data, files, name):
        if data.get(f"{name}-shown"):
            return data.get(name, "")
        if data.get(f"{name}-clear"):
            return ""
        return data.get(name) or None  # None: left as it is


def secret_text(value) -> str:
    """A secret as its box shows it."""
    return "" if value is None else json_text(value)


class SecretField(ModelValidatedMixin, forms.CharField):
    """A door code or the like. What is typed is text, unless it is written as a JSON object or list."""

    widget = SecretInput

    def prepare_value(self, value):
        return value

    def to_python(self, value):
        text = (value or "").strip()
        return read_json(text) if text[:1] in ("{", "[") else text or None

    def has_changed(self, initial, data):
        return data is not None and as_compared(data) != as_compared(secret_text(initial))


def form_field_for(field: models.Field, **kwargs) -> forms.Field | None:
    """The form field for a model field; for a `ModelForm`'s `formfield_callback`."""
    kwargs.pop("request", None)
    common = {
        "label": capfirst(field.verbose_name),
        "help_text": field.help_text,
        "required": not field.blank and field.get_default() in (None, ""),
        "initial": field.get_default(),
        **kwargs,
    }
    if field.is_relation:
        return ReferenceField(**common)
    if isinstance(field, AnyField):
        return SecretField(**common) if getattr(getattr(field, "guard", None), "secret", False) else None
    if field.choices:
        blank = [("", _("(none)"))] if field.blank else []
        return ChoiceField(choices=[*blank, *field.flatchoices], **common)
    if isinstance(field, models.BooleanField):
        return YesNoUnknownField(**common) if field.null else RecordBooleanField(**common)
    if isinstance(field, WholeNumberField):
        return RecordIntegerField(widget=_number_widget(field, "numeric"), **common)
    if isinstance(field, NumberField):
        return DecimalField(widget=_number_widget(field, "decimal"), **common)
    if isinstance(field, DayField):
        return DateField(ends=field.ends, **common)
    if isinstance(field, models.DateTimeField):
        return RecordDateTimeField(**common)
    if isinstance(field, models.CharField):
        common["widget"] = _line_widget(field)
        return TextField(empty_value=None if field.null else "", **common)
    if isinstance(field, models.TextField):
        return TextField(widget=forms.Textarea(attrs={"rows": 3}), **common)
    return None


def _number_widget(field: models.Field, keys: str) -> forms.TextInput:
    """A box for a number, with the keys for one on telephones; those have no minus."""
    least = [check.limit_value for check in field.validators if check.__class__ is MinValueValidator]
    attrs = {} if any(limit < 0 for limit in least) else {"inputmode": keys}
    return forms.TextInput(attrs={**attrs, "autocomplete": "off"})


def _line_widget(field) -> forms.TextInput:
    """Plain text for each: of e-mail and web addresses, browsers would send another spelling than was typed."""
    attrs = {}
    if isinstance(field, models.EmailField):
        attrs = {"inputmode": "email", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    elif type(field).__name__ == "URIField":
        attrs = {"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}
    elif field.name.endswith(("phone", "fax")):
        attrs = {"inputmode": "tel", "autocomplete": "off"}
    return LineInput(attrs=attrs)


class ReferenceOptions:
    """The records that reference fields offer: what the actor may see of the company, asked for once a form."""

    def __init__(self, actor, company_id: str | None):
        self.actor = actor
        self.company_id = company_id
        self._found: dict[tuple, list[tuple[str, str]]] = {}
        self._many: dict[tuple, bool] = {}
        self._names: dict[tuple[type[models.Model], str], str] = {}

    def are_many(self, field: models.ForeignKey) -> bool:
        """Whether there are too many to look through. (Of people, read them at once: that query is the expensive part.)"""
        model, holders = key = offered_by(field)
        if key not in self._many:
            self._many[key] = issubclass(model, Entity) and (
                are_many(self.rows(model))
                if holders is None
                else len(self._read_offered(key, identify.FEW + 1)) > identify.FEW
            )
        return self._many[key]

    def name_of(self, model: type[Entity], pk: str) -> str:
        """What means a record that is chosen now, whether it would be offered or not."""
        if (model, pk) not in self._names:
            self.read_names(model, {pk})
        return self._names.get((model, pk)) or unknown_name()

    def read_names(self, model: type[Entity], ids: set[str]) -> None:
        """Read the names of several, of which each is going to be asked for, at once."""
        for record in self._named(model).filter(pk__in=ids):
            self._names[model, record.pk] = describe_uniquely(record)

    def of(
        self, field: models.ForeignKey, chosen: str | None = None, blank: bool = True
    ) -> list[tuple[str, str]]:
        """(id, name) of each, with what is chosen now even if it would not be offered any more."""
        model, _holders = key = offered_by(field)
        offered = self._found.get(key) or self._read_offered(key)
        if chosen and chosen not in {pk for pk, _name in offered}:
            present = self._named(model).filter(pk=chosen).first()
            offered = [*offered, (chosen, str(present) if present else unknown_name())]
        return [("", "—"), *offered] if blank else offered

    def _named(self, model: type[models.Model]) -> models.QuerySet:
        """All whose names the actor is told."""
        return model.names_visible_to(self.actor) if issubclass(model, Entity) else model._base_manager.all()

    def _read_offered(self, key: tuple, most: int | None = None) -> list[tuple[str, str]]:
        model, _holders = key
        rows = self.rows(*key)
        if issubclass(model, Entity):
            rows = model.only_name_columns(rows)
        found = self._found[key] = sort_choices([(row.pk, str(row)) for row in rows[:most]], self.actor)
        return found

    def rows(self, model: type[models.Model], holders: Holders | None = None) -> models.QuerySet:
        """All that there is to choose from; of people, those who may do what they are chosen for."""
        rows = model._default_manager.all()
        if issubclass(model, Entity):
            rows = rows.visible_to(self.actor)
            names = {field.name for field in model._meta.fields}
            if "company" in names and self.company_id:
                rows = rows.filter(company_id=self.company_id)
            if "is_active" in names:
                rows = rows.filter(is_active=True)
        return rows if holders is None else rows.suited(holders, self.actor)


def offered_by(field: models.ForeignKey) -> tuple[type[models.Model], Holders | None]:
    """What a field offers: records of which model, and of people which."""
    return field.related_model, getattr(field, "holders", None)
