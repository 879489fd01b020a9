"""Form fields that only parse input. Validation rules and their messages are the model's."""

from collections.abc import Callable

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms import localization
from backoffice.forms.json_input import json_text, read_json
from backoffice.forms.reference_input import ReferenceInput, identify_typed, name_getter
from backoffice.forms.reference_options import ReferenceOptions
from backoffice.records.fields import (
    CANNOT_BE_READ,
    AnyField,
    DayField,
    NumberField,
    WholeNumberField,
    end_of_day,
    start_of_day,
)
from backoffice.records.history import local_time

BLANK = models.Field.default_error_messages["blank"]
"""What forms say about a missing value. (The model's words about null are for programs.)"""


def normalize_text(value) -> str:
    """Return a value as text for comparison with submitted text: browsers send CRLF, and "" for None."""
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")


class ModelValidatedMixin:
    """Leaves validation to the model. A field has changed only if the input differs from what its widget
    showed, so that a form that cannot show milliseconds does not cut them off."""

    def validate(self, value):
        """Do nothing: the model checks required fields and runs the validators."""

    run_validators = validate

    def to_python(self, value):
        try:
            return super().to_python(value)
        except ValidationError:
            return value  # not even the right type; the model reports it

    def has_changed(self, initial, data):
        if self.disabled:
            return False
        shown = self.widget.format_value(self.prepare_value(initial))
        if isinstance(shown, (list, tuple)):
            shown = shown[0] if shown else ""
        return normalize_text(shown) != normalize_text(data)


def has_lines(text: object) -> bool:
    return isinstance(text, str) and ("\n" in text or "\r" in text)


class LineInput(forms.TextInput):
    """A text input that becomes a textarea for a value of several lines: in an input, browsers drop line
    breaks."""

    def render(self, name, value, attrs=None, renderer=None):
        if has_lines(value):
            rows = {"rows": min(len(value.splitlines()) + 1, 10)}
            return forms.Textarea({**self.attrs, **rows}).render(name, value, attrs, renderer)
        return super().render(name, value, attrs, renderer)


class TextField(ModelValidatedMixin, forms.CharField):
    """Text, stripped of surrounding whitespace."""

    widget = LineInput


class LocalizedField(ModelValidatedMixin, forms.Field):
    """A value that is entered as text in the format of the user's language. Unreadable input is an error, not
    an empty value. Subclasses implement `write` and `read`."""

    write: Callable[[object], str]
    read: Callable[[str], object]

    def prepare_value(self, value):
        return value if value is None or isinstance(value, str) else self.write(value)

    def to_python(self, value):
        text = "" if value is None else str(value).strip()
        return self.read(text) if text else None

    def has_changed(self, initial, data):
        """Ignore a different spelling of the same value."""
        if not super().has_changed(initial, data):
            return False
        try:
            return self.prepare_value(self.to_python(data)) != self.prepare_value(initial)
        except ValidationError:
            return True


class RecordIntegerField(LocalizedField):
    """A whole number."""

    write, read = staticmethod(localization.write_number), staticmethod(localization.read_integer)


class DecimalField(LocalizedField):
    """A number, shown without decimals if it is whole."""

    write, read = staticmethod(localization.write_number), staticmethod(localization.read_decimal)


class DateInput(forms.TextInput):
    """A text input for a date, with the format as placeholder. `static/dates.js` adds the browser's date
    picker."""

    with_time = False

    class Media:
        js = ("dates.js",)
        css = {"all": ("css/components/dates.css",)}

    def build_attrs(self, base_attrs, extra_attrs=None):
        attrs = {
            "placeholder": _("DD/MM/YYYY HH:MM") if self.with_time else _("DD/MM/YYYY"),
            "autocomplete": "off",
            "data-date": "moment" if self.with_time else "day",
            "data-choose": _("Choose from a calendar"),
        }
        return attrs | super().build_attrs(base_attrs, extra_attrs)


class DateTimeInput(DateInput):
    """A text input for a date and time."""

    with_time = True


class DateField(LocalizedField):
    """A date, stored as the instant at which the day begins (or ends, if `ends`) in the local time zone."""

    widget = DateInput

    def __init__(self, *, ends=False, **kwargs):
        self.ends = ends
        super().__init__(**kwargs)

    @staticmethod
    def write(value):
        return localization.write_day(local_time(value))

    def read(self, text):
        day = localization.read_day(text)
        return end_of_day(day) if self.ends else start_of_day(day)


class RecordDateTimeField(LocalizedField):
    """A date and time in the local time zone, to the minute."""

    widget = DateTimeInput
    write, read = staticmethod(localization.write_moment), staticmethod(localization.read_moment)


class ChoiceField(ModelValidatedMixin, forms.ChoiceField):
    """One of the model's choices."""


class YesNoUnknownField(ModelValidatedMixin, forms.NullBooleanField):
    """Yes, no or unknown."""

    def has_changed(self, initial, data):
        return initial != self.to_python(data)


class RecordBooleanField(ModelValidatedMixin, forms.BooleanField):
    """Yes or no."""

    def has_changed(self, initial, data):
        return bool(initial) != bool(self.to_python(data))


class ReferenceField(ModelValidatedMixin, forms.ChoiceField):
    """A reference to a record that the actor may see: a select box, or a text input with autocomplete if
    there are many (see `ReferenceOptions.are_many`)."""

    rows: models.QuerySet | None = None
    present, present_name = "", ""

    def choose(
        self, choices: ReferenceOptions, field: models.ForeignKey, current_id: str | None = None
    ) -> None:
        """Set the options of a model field. Keep the current value, even if it is no longer an
        option."""
        target = field.related_model
        if not choices.are_many(field):
            self.choices = choices.options_for(field, current_id)
            return
        self.rows = choices.rows(target)  # a typed name may be of any visible record, not only of an option
        if current_id:
            self.present, self.present_name = current_id, choices.name_of(target, current_id)
        query = f"?company={choices.company_id}&" if choices.company_id else "?"
        query += f"of={field.model._meta.label_lower}.{field.name}"
        url = reverse(settings.AUTOCOMPLETE_URL, args=[target._meta.label_lower])
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
        """Return whether the text is the current record's name, without the line breaks that browsers
        strip."""
        return text == self.present_name.replace("\r", "").replace("\n", "").strip()


class RecordMultipleChoiceField(ModelValidatedMixin, forms.MultipleChoiceField):
    """Several choices, as checkboxes."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)

    def has_changed(self, initial, data):
        return set(initial or ()) != set(data or ())


class SecretInput(forms.TextInput):
    """The input of a secret. While it is covered, an empty input keeps the value and a checkbox clears it;
    uncovered, the input is the value."""

    template_name = "forms/secret.html"
    covered = True
    unreadable = False
    """Whether the secret cannot be decrypted because its key is missing. It can still be replaced or
    cleared."""
    label = ""
    typed, cleared = "", False
    """The submitted input, to show it again if the form is invalid."""

    def format_value(self, value):
        return None if self.covered else secret_text(value)

    def get_context(self, name, value, attrs):
        context = super().get_context(name, None if self.covered else value, attrs)
        context["widget"] |= {
            "label": self.label,
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
        return data.get(name) or None  # None keeps the value


def secret_text(value) -> str:
    """Return a secret as its input shows it."""
    return "" if value is None else json_text(value)


class SecretField(ModelValidatedMixin, forms.CharField):
    """A secret such as a door code. The input is text unless it starts like a JSON object or list."""

    widget = SecretInput

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.widget.label = self.label

    def prepare_value(self, value):
        return value

    def to_python(self, value):
        text = (value or "").strip()
        return read_json(text) if text[:1] in ("{", "[") else text or None

    def has_changed(self, initial, data):
        return data is not None and normalize_text(data) != normalize_text(secret_text(initial))


def form_field_for(field: models.Field, **kwargs) -> forms.Field | None:
    """Return the form field for a model field, as the `formfield_callback` of a `ModelForm`; None if it has
    none."""
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


def _number_widget(field: models.Field, inputmode: str) -> forms.TextInput:
    """Return a text input with a numeric keyboard, unless the number may be negative: that keyboard has no
    minus."""
    minimums = [check.limit_value for check in field.validators if check.__class__ is MinValueValidator]
    attrs = {} if any(limit < 0 for limit in minimums) else {"inputmode": inputmode}
    return forms.TextInput(attrs={**attrs, "autocomplete": "off"})


def _line_widget(field) -> forms.TextInput:
    """Return a text input of type `text`: browsers change the spelling in inputs of type `email` and
    `url`."""
    attrs = {}
    if isinstance(field, models.EmailField):
        attrs = {"inputmode": "email", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
    elif type(field).__name__ == "URIField":
        attrs = {"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}
    elif field.name.endswith(("phone", "fax")):
        attrs = {"inputmode": "tel", "autocomplete": "off"}
    return LineInput(attrs=attrs)
