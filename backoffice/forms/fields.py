"""Form fields that only read what a browser sends: the rules, and their messages, are the model's."""

import json
import re

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.meant import MeantInput, meant_by, name_in
from backoffice.records.encryption import CANNOT_BE_READ
from backoffice.records.fields import AnyField, NumberField, WholeNumberField
from backoffice.records.models import Entity
from backoffice.records.naming import are_many, called
from backoffice.records.values import local_time


def as_compared(value) -> str:
    """Text as two shown values are compared: browsers send CRLF, and know no None."""
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")


class ByModel:
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


class TextField(ByModel, forms.CharField):
    """Text; what is typed around it is stripped."""

    def __init__(self, *args, line=True, **kwargs):
        self.line = line
        super().__init__(*args, **kwargs)

    def has_changed(self, initial, data):
        if self.line and isinstance(initial, str):
            initial = initial.replace("\r", "").replace("\n", "")  # as browsers show it in a one-line input
        return super().has_changed(initial, data)


class WholeField(ByModel, forms.IntegerField):
    """A whole number."""


def with_point(text: str) -> str:
    """A number that was typed as the language writes it (`1.234,50`, `1,234.50`), with a decimal point only. Boxes
    for numbers send a point whatever the language, and no comma: what has none is not looked into."""
    decimal, thousands = (
        re.escape(formats.get_format(name)) for name in ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR")
    )
    written = rf"([+-]?(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d+))(?:{decimal}(\d+))?"
    found = re.fullmatch(written, text.strip()) if "," in text else None
    if found is None:
        return text
    whole, part = found.groups()
    return re.sub(r"[^\d+-]", "", whole) + (f".{part}" if part else "")


class DecimalField(ByModel, forms.FloatField):
    """A number; shown without `.0` where it is whole."""

    def to_python(self, value):
        return super().to_python(with_point(value) if isinstance(value, str) else value)

    def prepare_value(self, value):
        return int(value) if isinstance(value, float) and value.is_integer() else value


class MomentInput(forms.DateTimeInput):
    """The browser's own picker for a date and a time, to the minute, in the local time zone."""

    input_type = "datetime-local"

    def __init__(self, attrs=None):
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")

    def format_value(self, value):
        if isinstance(value, str) or value is None:
            return value
        return formats.localize_input(local_time(value) if timezone.is_aware(value) else value, self.format)


class MomentField(ByModel, forms.DateTimeField):
    """A moment."""

    widget = MomentInput

    def prepare_value(self, value):
        return value


class ChoiceField(ByModel, forms.ChoiceField):
    """One of the model's choices; the key is what counts."""


class YesNoUnknownField(ByModel, forms.NullBooleanField):
    """Yes, no, or nothing said."""

    def has_changed(self, initial, data):
        return initial != self.to_python(data)


class TickField(ByModel, forms.BooleanField):
    """Yes or no."""

    def has_changed(self, initial, data):
        return bool(initial) != bool(self.to_python(data))


class ReferenceField(ByModel, forms.ChoiceField):
    """A link to another record: its id, chosen from what the person may see. Of many, one types which is meant."""

    rows: models.QuerySet | None = None
    present, present_name = "", ""

    def choose(self, choices: "Choices", target: type[models.Model], chosen: str | None = None) -> None:
        """Let one of these be chosen; what is chosen now stays, even if it would not be offered any more."""
        if not choices.are_many(target):
            self.choices = choices.of(target, chosen)
            return
        self.rows = choices.rows(target)
        if chosen:
            self.present, self.present_name = chosen, choices.name_of(target, chosen)
        query = f"?company={choices.company_id}" if choices.company_id else ""
        url = reverse("web:offers", args=[target._meta.label_lower])
        self.widget = MeantInput(f"{url}{query}", self._name_of, self.widget.attrs)

    def _name_of(self, pk: str) -> str:
        return self.present_name if pk == self.present else name_in(self.rows)(pk)

    def to_python(self, value):
        text = (value or "").strip()
        if self.rows is None or not text:
            return value or None
        return self.present if text == self.present_name else meant_by(self.widget, self.rows, text).pk

    def has_changed(self, initial, data):
        text = (data or "").strip()
        if self.rows is not None and initial and initial == self.present and text == self.present_name:
            return False
        return (initial or "") != text


class TicksField(ByModel, forms.MultipleChoiceField):
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
    """A secret as its box shows it: text as it is, anything else as JSON."""
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class SecretField(ByModel, forms.CharField):
    """A door code or the like. What is typed is text, unless it is written as a JSON object or list."""

    widget = SecretInput

    def prepare_value(self, value):
        return value

    def to_python(self, value):
        text = (value or "").strip()
        if text[:1] in ("{", "["):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                return text
        return text or None

    def has_changed(self, initial, data):
        return data is not None and as_compared(data) != secret_text(initial)


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
        return YesNoUnknownField(**common) if field.null else TickField(**common)
    if isinstance(field, WholeNumberField):
        return WholeField(widget=forms.NumberInput(attrs=_bounds(field)), **common)
    if isinstance(field, NumberField):
        return DecimalField(widget=forms.NumberInput(attrs={"step": "any", **_bounds(field)}), **common)
    if isinstance(field, models.DateTimeField):
        return MomentField(**common)
    if isinstance(field, models.CharField):
        common["widget"] = _line_widget(field)
        return TextField(empty_value=None if field.null else "", **common)
    if isinstance(field, models.TextField):
        return TextField(line=False, widget=forms.Textarea(attrs={"rows": 3}), **common)
    return None


def _bounds(field) -> dict:
    limits = {
        validator.code: validator.limit_value
        for validator in field.validators
        if hasattr(validator, "limit_value")
    }
    return {name: limits[code] for name, code in (("min", "min_value"), ("max", "max_value"))
            if code in limits and abs(limits[code]) < 2**53}  # fmt: skip


def _line_widget(field) -> forms.TextInput:
    attrs = {"maxlength": field.max_length}
    if isinstance(field, models.EmailField):
        return forms.EmailInput(attrs={**attrs, "autocomplete": "off"})
    if type(field).__name__ == "URIField":
        return forms.URLInput(attrs=attrs)
    if field.name.endswith(("phone", "fax")):
        return forms.TextInput(attrs={**attrs, "type": "tel", "autocomplete": "off"})
    return forms.TextInput(attrs=attrs)


class Choices:
    """The records that reference fields offer: what the actor may see of the company, asked for once a form."""

    def __init__(self, actor, company_id: str | None):
        self.actor = actor
        self.company_id = company_id
        self._found: dict[type[models.Model], list[tuple[str, str]]] = {}
        self._many: dict[type[models.Model], bool] = {}
        self._names: dict[tuple[type[models.Model], str], str] = {}

    def are_many(self, model: type[models.Model]) -> bool:
        """Whether there are too many to look through."""
        if model not in self._many:
            self._many[model] = issubclass(model, Entity) and are_many(self.rows(model))
        return self._many[model]

    def name_of(self, model: type[Entity], pk: str) -> str:
        """What means a record that is chosen now, whether it would be offered or not."""
        if (model, pk) not in self._names:
            self.read_names(model, {pk})
        return self._names.get((model, pk), pk)

    def read_names(self, model: type[Entity], ids: set[str]) -> None:
        """Read the names of several, of which each is going to be asked for, at once."""
        for record in model._base_manager.filter(pk__in=ids):
            self._names[model, record.pk] = called(record)

    def of(
        self, model: type[models.Model], chosen: str | None = None, blank: bool = True
    ) -> list[tuple[str, str]]:
        """(id, name) of each, with what is chosen now even if it would not be offered any more."""
        if model not in self._found:
            self._found[model] = self._offered(model)
        offered = self._found[model]
        if chosen and chosen not in {pk for pk, _name in offered}:
            present = model._base_manager.filter(pk=chosen).first()
            offered = [*offered, (chosen, str(present) if present else chosen)]
        return [("", "—"), *offered] if blank else offered

    def _offered(self, model):
        rows = self.rows(model)
        if issubclass(model, Entity):
            rows = model.only_named(rows)
        return sorted(((row.pk, str(row)) for row in rows), key=lambda choice: choice[1].casefold())

    def rows(self, model: type[models.Model]) -> models.QuerySet:
        """All that there is to choose from."""
        rows = model._default_manager.all()
        if issubclass(model, Entity):
            rows = rows.visible_to(self.actor)
            names = {field.name for field in model._meta.fields}
            if "company" in names and self.company_id:
                rows = rows.filter(company_id=self.company_id)
            if "is_active" in names:
                rows = rows.filter(is_active=True)
        return rows
