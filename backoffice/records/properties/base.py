"""The properties of a record: each is a column of the record or a list of child rows.

A property has a *plain* value (text, number, boolean, None, list or dict, as in JSON): the history stores it,
the merge compares it, and all databases must agree on it.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timezone

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.dateparse import parse_datetime

from backoffice.records.fields.encryption import is_unreadable


@dataclass(frozen=True)
class Guard:
    """Who may see and change one property: holders of `permission`, and the user in the record's attribute
    `or_user`; without a permission, the company's staff. The history has only a keyed hash of a `hashed`
    property; pages mask a `secret` one."""

    permission: str = ""
    or_user: str = ""
    hashed: bool = False
    secret: bool = False


def guard_field(field: models.Field, permission: str = "", **options) -> models.Field:
    """Return the field, declared as visible to some actors only."""
    field.guard = Guard(permission, **options)
    return field


def require_change_permission(field: models.Field, *permissions: str) -> models.Field:
    """Return the field, declared as changeable by holders of one of these permissions only. Everybody may see
    it."""
    field.change_permissions = permissions
    return field


def keyed_hash(value: object) -> str | None:
    """Return the hash of a secret for the history: it shows that the value changed, not what it is. None for
    no value; for a value whose key is missing, the text that represents it."""
    if value is None or value == "":
        return None
    if is_unreadable(value):
        return str(value)
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    key = settings.SECRETS_HASH_KEY.encode()
    return "hmac:" + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class UserChoices:
    """The users who may be chosen for a reference: holders of `permission`; with `insiders`, of the company's
    staff."""

    permission: str = ""
    insiders: bool = False
    outranked: bool = False
    """Whether only users with no more rights than the actor are offered: an API key acts for its user."""


def offers_users_with(field: models.Field, permission: str, *, insiders: bool = True) -> models.Field:
    """Return the reference to a user, declared to offer users who have the permission only."""
    field.holders = UserChoices(permission, insiders)
    return field


_YEARS, _PARTS, _THOUSANDTHS = (
    tuple(f"{number:0{digits}d}" for number in range(10**digits)) for digits in (4, 2, 3)
)


def instant_as_text(value: datetime | None) -> str | None:
    """Format an instant as ISO 8601 in UTC with milliseconds: `2020-02-17T14:36:09.698Z`."""
    if value is None:
        return None
    if value.tzinfo is not timezone.utc:
        value = value.astimezone(timezone.utc)
    # From tables of texts, not by `isoformat`: see docs/performance.md.
    return (
        f"{_YEARS[value.year]}-{_PARTS[value.month]}-{_PARTS[value.day]}T"
        f"{_PARTS[value.hour]}:{_PARTS[value.minute]}:{_PARTS[value.second]}."
        f"{_THOUSANDTHS[value.microsecond // 1000]}Z"
    )


class ColumnProperty:
    """A property stored in a column of the record's own table."""

    many = False

    def __init__(self, field: models.Field, derived: bool):
        self.field = field
        self.name = field.name
        self.attname = field.attname
        """The attribute of the Python value; of a reference, that is the id."""
        self.derived = derived
        self.guard: Guard | None = getattr(field, "guard", None)
        self.change_permissions: tuple[str, ...] = getattr(field, "change_permissions", ())
        self.target = field.related_model if field.is_relation else None
        self.has_plain_attribute = field.descriptor_class.__get__ is DeferredAttribute.__get__
        """Whether `__dict__` has the value under `attname`; an encrypted value is decrypted when it is
        read."""
        self.is_datetime = isinstance(field, models.DateTimeField)
        self._value_field = field.target_field if field.is_relation else field

    @property
    def label(self) -> str:
        return str(self.field.verbose_name)

    def read(self, record) -> object:
        """Return the Python value; for a reference, the id."""
        return getattr(record, self.attname)

    def write(self, record, value) -> None:
        setattr(record, self.attname, value)

    def to_python(self, value) -> object:
        """Return the typed value of a raw one. Raises ValidationError if it has the wrong type."""
        if isinstance(value, models.Model):
            value = value.pk
        return self._value_field.to_python(value)

    def plain(self, value) -> object:
        return instant_as_text(value) if isinstance(value, datetime) else value

    def from_plain(self, value) -> object:
        return parse_datetime(value) if value and self.is_datetime else value

    def is_empty(self, plain) -> bool:
        return plain is None or plain == "" or plain == []


def nested_errors(path: str, error: ValidationError) -> dict[str, list]:
    """Return the errors of one property as a dict of dotted paths below `path`."""
    if hasattr(error, "error_dict"):
        return {f"{path}.{key}": item for key, item in error.error_dict.items()}
    errors = {}
    for item in error.error_list:
        error_path = f"{path}.{item.place}" if hasattr(item, "place") else path
        errors.setdefault(error_path, []).append(item)
    return errors
