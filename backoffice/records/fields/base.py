"""Model fields: object ids, texts, numbers, times to the millisecond, JSON values stored as text, lists of
text."""

import json
import math
from datetime import datetime
from datetime import timezone as zone
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.db.compat import (
    POSTGRES_ORDER,
    escape_member_name,
    exact_json,
    rename_members,
    unescape_member_name,
)
from backoffice.db.object_ids import is_object_id, new_object_id
from backoffice.records.fields.sort_keys import SortKeyField
from backoffice.records.fields.validators import (
    INVISIBLE,
    is_visible,
    validate_clean_text,
    validate_json,
    validate_uri,
)

_encode_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_decode_json = json.JSONDecoder().raw_decode  # not `decode`: stored JSON has no white space around it


FORMERLY_ACCEPTED = frozenset({INVISIBLE, "unparsable", "calendar"})
"""Error codes of values that older versions accepted: a restored value may have one."""
FIRST_INSTANT = datetime(1, 1, 2, tzinfo=zone.utc)
LAST_INSTANT = datetime(9999, 12, 30, 23, 59, 59, 999000, zone.utc)
"""Beyond these two, an instant does not exist in every time zone."""


def _id_as_text(value, expression, connection):
    return None if value is None else str(value)


class CodePointOrderMixin:
    """Text that PostgreSQL orders by code points, as the other databases do. Pagination by key needs the same
    order in comparisons as in sorting."""

    def db_parameters(self, connection):
        parameters = super().db_parameters(connection)
        return parameters | {"collation": POSTGRES_ORDER} if connection.vendor == "postgresql" else parameters


class ObjectIdField(CodePointOrderMixin, models.CharField):
    """24 hexadecimal digits; either case is accepted, lower case is stored. A primary key gets a new id by
    default."""

    default_error_messages = {"invalid": _("“%(value)s” is not an id of 24 hexadecimal digits.")}
    sql_converter = staticmethod(str.lower)
    """Converts a value to a parameter on SQL databases (see `backoffice.db.compiled.instances`)."""

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
        # Not "char": Django casts to `char[]` when it inserts several rows, which is one character each.
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
    """Text stored as sent: not stripped, not rewritten, and refused if a database could not store it."""

    default_validators = [validate_clean_text]
    sort_name = ""
    """The name of the column with the sort key, by which lists are sorted."""

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
        """Refuse a required text that is blank, as if it was missing."""
        super().validate(value, model_instance)
        if not self.blank and value and not is_visible(value):
            raise ValidationError(self.error_messages["blank"], code=INVISIBLE)


class LineField(CleanTextMixin, models.CharField):
    """One line of text, by default at most 255 characters; no text is the empty string."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 255)
        kwargs.setdefault("default", None if kwargs.get("null") else "")
        super().__init__(*args, **kwargs)


class EmailLineField(CleanTextMixin, models.EmailField):
    """One e-mail address; none is the empty string."""

    default_validators = [validate_clean_text, validate_email]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class ParagraphField(CleanTextMixin, models.TextField):
    """Text of several lines; none is the empty string. Its length is limited by
    `backoffice.records.writes.size_limits`."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class URIField(CleanTextMixin, models.CharField):
    """An absolute URI (RFC 3986), stored exactly as sent."""

    default_validators = [validate_clean_text, validate_uri]

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("max_length", 2000)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class WholeNumberField(models.BigIntegerField):
    """An integer. 3.0 is accepted as 3; `true` and 3.5 are refused."""

    default_error_messages = {"invalid": _("“%(value)s” is not a whole number.")}

    def to_python(self, value):
        if value is None or value == "":
            return None
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return super().to_python(value)


class NumberField(models.FloatField):
    """A float. An integer that a double cannot represent is refused, not rounded."""

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
        return number + 0.0  # -0.0 + 0.0 is 0.0, and databases differ in whether they distinguish the two


def to_milliseconds(value: datetime) -> datetime:
    """Truncate to the millisecond, the precision of all databases."""
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


def now() -> datetime:
    """Return the current time in UTC, to the millisecond."""
    return to_milliseconds(timezone.now())


class InstantField(models.DateTimeField):
    """A time, to the millisecond."""

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
        """Refuse the ends of the calendar: such an instant may not exist in a time zone."""
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
    """A day, stored as the instant at which it begins in the local time zone; with `ends`, at which it ends.
    Pages show days, JSON has instants. Migrations see an `InstantField`."""

    def __init__(self, *args, ends=False, **kwargs):
        self.ends = ends
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, _path, args, kwargs = super().deconstruct()
        return name, f"{InstantField.__module__}.{InstantField.__name__}", args, kwargs


@lru_cache(maxsize=1000)
def _instant_in_utc(text: str) -> datetime:
    """Parse a time in UTC. Cached, because it does not depend on the time zone, and a script sends back the
    dates of all comments."""
    return _ANY_INSTANT._read(text)


_ANY_INSTANT = InstantField()


class AnyField(models.TextField):
    """Any JSON value, stored as text, so that all databases return the same: order of keys, dots and dollars
    in keys, 64-bit integers. None is JSON's null and the empty value."""

    empty_values = (None,)

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", None)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return None if value is None else _decode_json(value)[0]

    def to_python(self, value):
        validate_json(value)
        return value

    def get_prep_value(self, value):
        return None if value is None else _encode_json(value)

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def clean(self, value, model_instance):
        self.run_validators(value)
        return value


def _without_minus_zero(value):
    """Replace -0.0, which PostgreSQL's numbers do not have."""
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, dict):
        return {name: _without_minus_zero(inner) for name, inner in value.items()}
    return [_without_minus_zero(inner) for inner in value] if isinstance(value, list) else value


class OpenObjectField(models.JSONField):
    """A JSON object with properties of the client's choice, or null. A change adds at most `max_added` (see
    `backoffice.records.writes.size_limits`)."""

    max_added = 100
    longest_name = 255

    def __init__(self, *args, add_label="", **kwargs):
        self.add_label = add_label
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
            value = rename_members(value, escape_member_name)
        return super().get_db_prep_value(value, connection, prepared)

    def from_db_value(self, value, expression, connection):
        if value == "{}":  # the common case, on SQLite
            return {}
        value = super().from_db_value(value, expression, connection)
        return rename_members(value, unescape_member_name) if connection.vendor == "mongodb" else value

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        if value is not None and not isinstance(value, dict):
            raise ValidationError(_('This must be an object, such as {"floor": 3}.'), code="invalid")


class TextListField(models.TextField):
    """An ordered list of text, stored as JSON. `item` is the field that validates an entry; the error of an
    entry is keyed by its place. A change adds at most `max_added`."""

    max_added = 100
    empty_values = ([], None)

    def __init__(self, *args, item=None, add_label="", edit_label="", **kwargs):
        self.item, self.add_label, self.edit_label = item or LineField(), add_label, edit_label
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        return _decode_json(value)[0] if value and value != "[]" else []

    def to_python(self, value):
        if not isinstance(value, list):
            raise ValidationError(_("This must be a list."), code="invalid")
        return list(value)

    def get_prep_value(self, value):
        return _encode_json(value)

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def clean(self, value, model_instance):
        """Return the list with each entry validated. Errors have the entry's index as `error.place`."""
        value = self.to_python(value)
        errors = []
        for place, entry in enumerate(value):
            try:
                self.item.clean(entry, model_instance)
            except ValidationError as error:
                for item_error in error.error_list:
                    item_error.place = place
                    errors.append(item_error)
        if errors:
            raise ValidationError(errors)
        return value
