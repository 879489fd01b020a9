"""Model fields of our own: object ids, times to the millisecond, JSON values kept as text, lists of text."""

import json
import math
import re
from datetime import datetime
from datetime import timezone as zone
from functools import lru_cache
from unicodedata import category

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.db.compat import POSTGRES_ORDER, exact_json, name_of, path_of, rename_path
from backoffice.db.object_ids import is_object_id, new_object_id
from backoffice.records.fields.sort_keys import SortKeyField
from backoffice.records.fields.uris import split_uri

_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decoded = json.JSONDecoder().raw_decode  # what was written here has nothing around it to be looked for
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+")


def validate_uri(value: str) -> None:
    """Refuse text that is not an absolute URI; the text itself is never rewritten."""
    is_uri = _URI.fullmatch(value)
    if not is_uri or not split_uri(value).scheme:
        code = "unparsable" if is_uri else "uri"
        raise ValidationError(_("Enter a valid URI, such as https://example.com/picture.jpg."), code=code)


def validate_clean_text(value: str) -> None:
    """Refuse what no database stores alike: NUL characters and lone surrogates."""
    if "\x00" in value:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValidationError(_("This text has half of a surrogate pair in it."), code="surrogate") from None


_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that show nothing."""


def is_visible(text: str) -> bool:
    """Whether a text shows anything: not only spaces, control and format characters, and marks upon nothing."""
    return any(
        "!" <= char <= "~" or (category(char)[0] not in "ZCM" and char not in _FILLERS) for char in text
    )


INVISIBLE = "invisible"
"""The code of the error of a required text that shows nothing."""
TAKEN_BEFORE = frozenset({INVISIBLE, "unparsable", "calendar"})
"""The codes of errors of values that older versions took: what is brought back as it was may be one."""
FIRST_INSTANT = datetime(1, 1, 2, tzinfo=zone.utc)
LAST_INSTANT = datetime(9999, 12, 30, 23, 59, 59, 999000, zone.utc)
"""Beyond these, no time zone has every instant."""

DEEPEST = 64
"""How deep a JSON value may be nested."""


def validate_json(value: object, depth: int = 1) -> None:
    """Refuse JSON values that not every database keeps alike, or at all: see `validate_clean_text`; integers
    beyond 64 bits, numbers that are none, and nesting beyond `DEEPEST`."""
    if depth > DEEPEST:
        raise ValidationError(_("This is nested too deeply."), code="depth")
    if isinstance(value, str):
        validate_clean_text(value)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValidationError(_("This number has too many digits."), code="precision")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(_("“%(value)s” is not a number."), code="invalid", params={"value": value})
    elif isinstance(value, dict):
        for name, inner in value.items():
            validate_clean_text(name)
            validate_json(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            validate_json(inner, depth + 1)


def _id_as_text(value, expression, connection):
    return None if value is None else str(value)


class CodePointOrderMixin:
    """Text that PostgreSQL orders as the others do. Not only where it sorts: what comes after a key has to be what
    is greater than it."""

    def db_parameters(self, connection):
        found = super().db_parameters(connection)
        return found | {"collation": POSTGRES_ORDER} if connection.vendor == "postgresql" else found


class ObjectIdField(CodePointOrderMixin, models.CharField):
    """24 hexadecimal digits; either case in, lower case out. As a primary key it makes its own."""

    default_error_messages = {"invalid": _("“%(value)s” is not an id of 24 hexadecimal digits.")}
    plainly_written = staticmethod(str.lower)
    """How text of this kind is written by SQL databases (see `made.writer_of`)."""

    def __init__(self, *args, **kwargs):
        kwargs["max_length"] = 24
        if kwargs.get("primary_key"):
            kwargs.setdefault("default", new_object_id)
            kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def db_type(self, connection):
        if connection.vendor == "mongodb":
            return "objectId"
        # PostgreSQL's own name of the same type: of the other, Django would make `char[]` when it inserts
        # several rows, and that is one character.
        return "bpchar(24)" if connection.vendor == "postgresql" else "char(24)"

    def rel_db_type(self, connection):
        return self.db_type(connection)

    def to_python(self, value):
        if value is None or value == "":
            return None
        if not is_object_id(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return value.lower()

    def get_prep_value(self, value):
        # Lookups with a malformed id find nothing instead of raising.
        return (
            value.lower() if isinstance(value, str) else super(models.CharField, self).get_prep_value(value)
        )

    def get_db_prep_value(self, value, connection, prepared=False):
        value = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "mongodb" and is_object_id(value):
            from bson import ObjectId

            return ObjectId(value)
        return value

    def get_db_converters(self, connection):
        return [_id_as_text] if connection.vendor == "mongodb" else []


class CleanTextMixin(CodePointOrderMixin):
    """Text as sent: nothing stripped, nothing rewritten, and nothing that a database could not keep."""

    default_validators = [validate_clean_text]
    sort_name = ""
    """The name of the column that has its sort key: lists are sorted by that."""

    def __init__(self, *args, sortable: bool = False, **kwargs):
        self.sortable = sortable
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls, name, *args, **kwargs):
        super().contribute_to_class(cls, name, *args, **kwargs)
        if self.sortable and not cls._meta.abstract:
            self.sort_name = f"{name}_sort"
            cls.add_to_class(self.sort_name, SortKeyField(name, isinstance(self, models.TextField)))

    def to_python(self, value):
        if isinstance(value, (bool, int, float, list, dict)):
            raise ValidationError(_("This must be text."), code="invalid")
        if value is None and not self.null:
            return ""
        return value

    def validate(self, value, model_instance):
        """Refuse a required text that shows nothing, as if it was left out."""
        super().validate(value, model_instance)
        if not self.blank and value and not is_visible(value):
            raise ValidationError(self.error_messages["blank"], code=INVISIBLE)


class LineField(CleanTextMixin, models.CharField):
    """One line of text, 255 characters unless told otherwise; empty text when there is none."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 255)
        kwargs.setdefault("default", None if kwargs.get("null") else "")
        super().__init__(*args, **kwargs)


class EmailLineField(CleanTextMixin, models.EmailField):
    """One e-mail address; empty text when there is none."""

    default_validators = [validate_clean_text, validate_email]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class ParagraphField(CleanTextMixin, models.TextField):
    """Text of several lines; empty text when there is none. How long it may become: `backoffice.records.writes.bounds`."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class URIField(CleanTextMixin, models.CharField):
    """An absolute URI (RFC 3986), kept exactly as sent."""

    default_validators = [validate_clean_text, validate_uri]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 2000)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class WholeNumberField(models.BigIntegerField):
    """An integer. 3.0 is 3; `true` and 3.5 are not numbers here."""

    default_error_messages = {"invalid": _("“%(value)s” is not a whole number.")}

    def to_python(self, value):
        if value is None or value == "":
            return None
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return super().to_python(value)


class NumberField(models.FloatField):
    """A number that is exactly what was sent: an integer that a double cannot hold is refused, not rounded."""

    default_error_messages = {"invalid": _("“%(value)s” is not a number.")}

    def to_python(self, value):
        if value is None or value == "":
            return None
        error = ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        if isinstance(value, bool):
            raise error
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise error from None
        if not math.isfinite(number):
            raise error
        if isinstance(value, int) and int(number) != value:
            raise ValidationError(_("This number has too many digits."), code="precision")
        return number + 0.0  # -0.0 + 0.0 is 0.0, and no database tells the two apart alike


def to_milliseconds(value: datetime) -> datetime:
    """The same instant, cut to the millisecond: what every database keeps."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def now() -> datetime:
    """This instant, in UTC, to the millisecond."""
    return to_milliseconds(timezone.now())


class InstantField(models.DateTimeField):
    """A moment, to the millisecond."""

    def to_python(self, value):
        if isinstance(value, str) and value.endswith("Z"):
            return _instant_in_utc(value)
        return self._read(value)

    def _read(self, value):
        value = super().to_python(value)
        if value is not None:
            if timezone.is_naive(value):
                value = timezone.make_aware(value)
            try:
                value = to_milliseconds(value.astimezone(zone.utc))
            except OverflowError:
                raise ValidationError(_("This date is out of range."), code="invalid") from None
        return value

    def run_validators(self, value):
        """Refuse the ends of the calendar: in a time zone, such an instant may be none."""
        super().run_validators(value)
        if isinstance(value, datetime) and not FIRST_INSTANT <= value <= LAST_INSTANT:
            message = _("Enter a day from %(first)s to %(last)s.")
            if self.null:
                message = _("Enter a day from %(first)s to %(last)s, or leave this empty if there is none.")
            params = {"first": FIRST_INSTANT.date().isoformat(), "last": LAST_INSTANT.date().isoformat()}
            raise ValidationError(message, code="calendar", params=params)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return to_milliseconds(value) if isinstance(value, datetime) else value


class DayField(InstantField):
    """A day, kept as the moment at which it begins in the local time zone; with `ends`, as the moment at which it ends.
    People see and enter days, scripts moments. Migrations know its column as that of an `InstantField`."""

    def __init__(self, *args, ends=False, **kwargs):
        self.ends = ends
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, f"{InstantField.__module__}.{InstantField.__name__}", args, kwargs


@lru_cache(maxsize=1000)
def _instant_in_utc(text: str) -> datetime:
    """(What says that it is in UTC is read alike whatever time zone is at hand; and a script sends back every comment with
    its date, which is judged and then read.)"""
    return _ANY_INSTANT._read(text)


_ANY_INSTANT = InstantField()


class AnyField(models.TextField):
    """Any JSON value, kept as its text, so that every database gives back the same: order of keys, dots and
    dollars in keys, 64-bit integers. None is JSON's null and the empty value."""

    empty_values = (None,)

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", None)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return None if value is None else _decoded(value)[0]

    def to_python(self, value):
        validate_json(value)
        return value

    def get_prep_value(self, value):
        return None if value is None else _written(value)

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def clean(self, value, model_instance):
        self.run_validators(value)
        return value


def _without_minus_zero(value):
    """PostgreSQL's numbers have no -0.0."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _without_minus_zero(inner) for name, inner in value.items()}
    return [_without_minus_zero(inner) for inner in value] if isinstance(value, list) else value


class OpenObjectField(models.JSONField):
    """A JSON object with properties of the sender's choice, or nothing. A change adds at most `max_added` (see
    `backoffice.records.writes.bounds`)."""

    max_added = 100
    longest_name = 255

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def to_python(self, value):
        validate_json(value)
        return super().to_python(_without_minus_zero(value))

    def get_db_prep_value(self, value, connection, prepared=False):
        if isinstance(value, dict) and connection.vendor == "postgresql":
            from psycopg.types.json import Jsonb

            return Jsonb(value, dumps=exact_json)
        if isinstance(value, dict) and connection.vendor == "mongodb":
            value = rename_path(value, path_of)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value, expression, connection):
        if value == "{}":  # as nearly all are, on SQLite
            return {}
        value = super().from_db_value(value, expression, connection)
        return rename_path(value, name_of) if connection.vendor == "mongodb" else value

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        if value is not None and not isinstance(value, dict):
            raise ValidationError(_('This must be an object, such as {"floor": 3}.'), code="invalid")


class TextListField(models.TextField):
    """An ordered list of text, kept as JSON. `item` is the field each entry must satisfy; the error of one
    entry is keyed by its place. A change adds at most `max_added`."""

    max_added = 100

    empty_values = ([], None)

    def __init__(self, *args, item=None, **kwargs):
        self.item = item or LineField()
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return _decoded(value)[0] if value and value != "[]" else []

    def to_python(self, value):
        if not isinstance(value, list):
            raise ValidationError(_("This must be a list."), code="invalid")
        return list(value)

    def get_prep_value(self, value):
        return _written(value)

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def clean(self, value, model_instance):
        """The list, each entry clean. The errors raised carry the entry's place as `error.place`."""
        value = self.to_python(value)
        errors = []
        for place, entry in enumerate(value):
            try:
                self.item.clean(entry, model_instance)
            except ValidationError as error:
                for offence in error.error_list:
                    offence.place = place
                    errors.append(offence)
        if errors:
            raise ValidationError(errors)
        return value
