"""Filters of the API: the documented query parameters, with strict parsing. The filters of the pages are in
`filters`; a FilterSet has both."""

import json
import math
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from backoffice.db.compat import subquery_ids
from backoffice.db.object_ids import is_object_id
from backoffice.db.search import MAX_SEARCH_LENGTH, validate_search
from backoffice.records.fields import to_milliseconds, validate_clean_text

OBJECT_ID = {"type": "string", "pattern": "^[0-9a-fA-F]{24}$"}
WHOLE = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
LINE = {"type": "string", "minLength": 1, "maxLength": MAX_SEARCH_LENGTH, "pattern": r"^[^\u0000]*$"}
ONE_OF_MANY = {**LINE, "pattern": r"^[^\u0000,\[\]]+$"}
"""A text in an array. Commas and brackets are excluded because they are the syntax of the array."""
FLAG = {"type": "boolean"}
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"
MAX_ENTRIES = 1000
"""The most entries of an array."""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
FIRST, LAST = -62135596800000, 253402300799999
"""The years 1 to 9999, in Unix milliseconds."""
MOMENT = {
    "anyOf": [
        {"type": "integer", "minimum": FIRST, "maximum": LAST},
        {"type": "string", "format": "date-time", "pattern": f"^{_ISO}$"},
    ]
}

_DAY = "(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_HOUR = "([01][0-9]|2[0-3])"
MOMENT_TEXT = {
    "type": "string",
    "pattern": rf"^(-?[0-9]{{1,13}}|[0-9]{{4}}-{_DAY}T{_HOUR}:[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,9}})?(Z|[+-]{_HOUR}:[0-5][0-9]))$",
}
"""`MOMENT` as the text of a query parameter. (It is not a union of two types, which not every client
generator supports.)"""


def object_id(text: str) -> str:
    if not is_object_id(text):
        raise ValidationError(
            _("“%(value)s” is not an id of 24 hexadecimal digits.") % {"value": text[:50]}, code="invalid"
        )
    return text.lower()


def whole_number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", text, re.ASCII) or int(text) not in range(-(2**63), 2**63):
        raise ValidationError(_("“%(value)s” is not a whole number.") % {"value": text[:50]}, code="invalid")
    return int(text)


def line(text: str) -> str:
    """Return the text. Raise ValidationError if it is empty, too long, or has NUL characters or lone
    surrogates."""
    validate_clean_text(text)
    if not 1 <= len(text) <= MAX_SEARCH_LENGTH:
        raise ValidationError(
            _("Enter 1 to %(most)s characters.") % {"most": MAX_SEARCH_LENGTH}, code="invalid"
        )
    return text


def words(text: str) -> str:
    """Return a text whose words are searched for. Raise ValidationError if it is blank."""
    if not line(text).strip():
        raise ValidationError(_("Enter at least one character that is not a space."), code="invalid")
    return text


def search_words(text: str) -> str:
    """Return a text for full-text search. Raise ValidationError if it has neither letters nor digits."""
    validate_search(line(text))
    return text


def value_or_words(text: str) -> str:
    """Return the text, or the value of a JSON object `{"value": …}`."""
    if text.lstrip().startswith("{"):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            parsed = None
        if (
            not isinstance(parsed, dict)
            or parsed.keys() != {"value"}
            or type(parsed["value"]) not in (str, int)
        ):
            raise ValidationError(
                _('Send words, or a JSON object such as {"value": "Hansen"}.'), code="invalid"
            )
        text = str(parsed["value"])
    return words(text)


def flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValidationError(_("Enter true or false."), code="invalid")
    return text == "true"


def moment(text: str) -> datetime:
    """Parse an instant in Unix milliseconds or in ISO 8601 with a time zone."""
    if re.fullmatch(r"-?[0-9]{1,15}", text, re.ASCII):
        with suppress(OverflowError):
            return EPOCH + timedelta(milliseconds=int(text))
    return iso_moment(text)


def iso_moment(text: str) -> datetime:
    """Parse an instant in ISO 8601 with a time zone, truncated to milliseconds."""
    try:
        if re.fullmatch(_ISO, text, re.ASCII):
            return to_milliseconds(datetime.fromisoformat(text).astimezone(timezone.utc))
    except (ValueError, OverflowError):
        pass
    raise ValidationError(
        _("Enter Unix milliseconds or a date and time with its zone, such as 2023-11-07T05:31:56Z."),
        code="invalid",
    )


def number(text: str) -> float:
    """Parse a finite decimal number. Refuse an integer that a float cannot represent exactly."""
    if re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", text, re.ASCII):
        value = float(text)
        if math.isfinite(value) and not (text.lstrip("-").isdigit() and int(value) != int(text)):
            return value + 0.0
    raise ValidationError(_("“%(value)s” is not a number.") % {"value": text[:50]}, code="invalid")


def one_of(choices) -> Callable[[str], str]:
    """Return a check that a text is one of the choices."""

    def check(text: str) -> str:
        if text not in choices:
            raise ValidationError(
                _("Enter one of: %(words)s.") % {"words": ", ".join(choices)}, code="choice"
            )
        return text

    return check


def split_array(texts: list[str]) -> list[str]:
    """Return the entries of an array parameter, which may be repeated, comma-separated or a JSON array."""
    entries = []
    for text in texts:
        if text.startswith("["):
            try:
                parsed = json.loads(text)
                is_valid = isinstance(parsed, list) and all(type(entry) in (str, int) for entry in parsed)
            except (ValueError, RecursionError):
                is_valid = False
            if not is_valid:
                raise ValidationError(_("This is not a JSON array of text or whole numbers."), code="invalid")
            entries += [entry if isinstance(entry, str) else json.dumps(entry) for entry in parsed]
        else:
            entries += text.split(",")
    if len(entries) > MAX_ENTRIES:
        raise ValidationError(_("Enter at most %(most)s.") % {"most": MAX_ENTRIES}, code="too_many")
    return entries


class _ParameterInput(forms.Widget):
    """Returns all values of a parameter, in any of its spellings."""

    def value_from_datadict(self, data, files, name):
        # (The caller has refused spellings that the parameter does not have.)
        return data.getlist(name) + data.getlist(f"{name}[]") + data.getlist(f"{name}[value]")


class ParameterField(forms.Field):
    """The value of a query parameter. `check` parses a text or raises ValidationError; with `many` it is an
    array."""

    widget = _ParameterInput

    def __init__(self, *, check, many=False, **kwargs):
        self.check, self.many = check, many
        super().__init__(**kwargs)

    def clean(self, value):
        if not value:
            return None
        if not self.many:
            if len(value) > 1:
                raise ValidationError(_("Enter this only once."), code="twice")
            return self.check(value[0])
        return [self.check(text) for text in split_array(value)]


class ParameterFilter(django_filters.Filter):
    """A documented filter. `schema` is the JSON Schema of one value, `description` the text in the OpenAPI
    document."""

    field_class = ParameterField
    key = ""
    """The key of the alternative spelling `name[key]`, if there is one."""

    def __init__(self, field_name, check, schema, *, description: str, many=False, lookup_expr="exact"):
        self.schema, self.description, self.many = schema, description, many
        super().__init__(field_name, "in" if many else lookup_expr, label=description, check=check, many=many)

    def filter(self, queryset, value):
        if value is None:
            return queryset
        return queryset.filter(**{f"{self.field_name}__{self.lookup_expr}": value})


class RowsParameter(ParameterFilter):
    """Records with one of the values in a list such as tags or contacts."""

    def __init__(self, rows, check, schema, *, description: str):
        self.rows = rows
        super().__init__("pk", check, schema, description=description, many=True)

    def filter(self, queryset, value):
        if value is None:
            return queryset
        (name,) = self.rows.fields
        matching_rows = self.rows.searchable_by(self.parent.actor).filter(**{f"{name}__in": value})
        return queryset.filter(pk__in=subquery_ids(matching_rows.values("record_id")))


class WordsParameter(ParameterFilter):
    """Every word must occur in one of the properties; case is ignored."""

    def __init__(self, *field_names, description: str):
        self.field_names = field_names
        super().__init__(field_names[0], words, LINE, description=description)

    def filter(self, queryset, value):
        for word in (value or "").split():
            queryset = queryset.filter(self.condition_for(word))
        return queryset

    def condition_for(self, word: str) -> Q:
        """Return the condition for one word."""
        condition = Q()
        for name in self.field_names:
            condition |= Q(**{f"{name}__has": word})
        return condition


class NameOrNumberParameter(WordsParameter):
    """Every word must occur in one of the properties or be the number. The text may also be sent as
    `{"value": …}`."""

    key = "value"

    def __init__(self, *field_names, number: str, description: str):
        self.number = number
        super().__init__(*field_names, description=description)
        self.extra["check"] = value_or_words

    def condition_for(self, word):
        condition = super().condition_for(word)
        is_number = re.fullmatch("[0-9]{1,19}", word, re.ASCII) and int(word) < 2**63
        return condition | Q(**{self.number: int(word)}) if is_number else condition


class RelatedParameter(ParameterFilter):
    """A condition on a referenced record. Only records that the caller may see match, so that filters do not
    reveal what the caller cannot read."""

    def __init__(self, field_name, target, condition: ParameterFilter):
        self.target, self.condition, self.key = target, condition, condition.key
        super().__init__(
            field_name,
            condition.extra["check"],
            condition.schema,
            description=condition.description,
            many=condition.many,
        )

    def filter(self, queryset, value):
        if value is None:
            return queryset
        actor = self.parent.actor
        if not actor.may("view", self.target):
            return queryset.none()
        targets = self.condition.filter(self.target.objects.visible_to(actor), value)
        return queryset.filter(**{f"{self.field_name}__in": subquery_ids(targets.values("pk"))})


class SearchParameter(ParameterFilter):
    """The search of the pages: every word must occur in one of the searched properties; accents are
    ignored."""

    def __init__(self, plural: str):
        description = f"{plural} that have, somewhere, a word beginning with each of these."
        super().__init__("search_text", search_words, LINE, description=description)

    def filter(self, queryset, value):
        return queryset.search(value) if value else queryset


ADDRESS_LIMIT = "A URL has at most 8,190 bytes: about 300 ids, separated by commas."


def ids(field_name: str, description: str) -> ParameterFilter:
    """Return a filter for records whose reference is one of several ids."""
    return ParameterFilter(
        field_name, object_id, OBJECT_ID, description=f"{description} {ADDRESS_LIMIT}", many=True
    )


def ids_and_status(plural: str) -> dict[str, ParameterFilter]:
    """Return the filters by id and status that most records have."""
    return {
        "ids": ids("pk", f"{plural} with one of these ids."),
        "status": numbers("status", f"{plural} whose `status.status` is one of these."),
    }


def single_id(field_name: str, description: str) -> ParameterFilter:
    return ParameterFilter(field_name, object_id, OBJECT_ID, description=description)


def numbers(field_name: str, description: str) -> ParameterFilter:
    return ParameterFilter(field_name, whole_number, WHOLE, description=description, many=True)


def choices(field_name: str, allowed: list[str], description: str) -> ParameterFilter:
    return ParameterFilter(
        field_name,
        one_of(allowed),
        {"type": "string", "enum": list(allowed)},
        description=description,
        many=True,
    )


def since(field_name: str, description: str) -> ParameterFilter:
    return ParameterFilter(field_name, moment, MOMENT_TEXT, description=description, lookup_expr="gte")


def until(field_name: str, description: str) -> ParameterFilter:
    return ParameterFilter(field_name, moment, MOMENT_TEXT, description=description, lookup_expr="lte")
