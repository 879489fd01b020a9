"""The properties of a record: each is a column of the record or a list of child rows.

A property has a *plain* value (text, number, boolean, None, list or dict, as in JSON): the history stores it,
the merge compares it, and all databases must agree on it.

Rights to a property come on top of those to its record, and `Actor.may(action, record, property)` decides them:

- A guarded property (`guard_field`) does not exist for who may not see it: it is left out of everything they get, and
  sending it is Forbidden, whatever the value. Who may see it may change it.
- A property with change permissions (`require_change_permission`) is visible, and who lacks them may send it back:
  only a value that changes it is Forbidden.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal, TypeVar, overload

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.dateparse import parse_datetime

from backoffice.db.annotations import Change, Errors, ModelField, PlainValue
from backoffice.records.exceptions import EntryError
from backoffice.records.fields.encryption import binding_of, is_unreadable
from backoffice.records.fields.json_fields import AnyField

_encode_json = json.JSONEncoder(sort_keys=True).encode
FieldT = TypeVar("FieldT", bound=ModelField)


@dataclass(frozen=True)
class Guard:
    """Who may see and change a guarded property, as declared by `guard_field`."""

    permission: str = ""
    or_user: str = ""
    hashed: bool = False
    secret: bool = False


def guard_field(
    field: FieldT, permission: str = "", *, or_user: str = "", hashed: bool = False, secret: bool = False
) -> FieldT:
    """Return the field, declared as guarded (see above) on every channel, an import as well as a form.

    `permission` is `app.codename`, of a codename in `Meta.permissions` that the app grants to roles; without one, the
    company's staff see the property, and people from outside do not. `or_user` names an attribute with the id of a
    user who sees it, too (`employee_id`). `hashed` keeps its values out of the history, which has a keyed hash
    instead: versions do not show them, and undo cannot restore them. `secret` covers the value on pages until the
    user asks for it, which is logged; only the input of an `AnyField` can be covered.
    """
    if secret and not isinstance(field, AnyField):
        raise TypeError("Only an AnyField or an EncryptedAnyField can be secret.")
    vars(field)["guard"] = Guard(permission, or_user, hashed, secret)
    return field


def require_change_permission(field: FieldT, *permissions: str) -> FieldT:
    """Return the field, declared as changeable by holders of one of these permissions only."""
    vars(field)["change_permissions"] = permissions
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
    """The users whom forms and filters offer for a reference: holders of `permission`; with `insiders`, of the
    company's staff. This is no validation: other channels, such as JSON and imports, accept every user whom
    `Entity.allowed_references` allows."""

    permission: str = ""
    insiders: bool = False
    outranked: bool = False
    """Whether only users with no more rights than the actor are offered: an API key acts for its user."""


def offers_users_with(field: FieldT, permission: str, *, insiders: bool = True) -> FieldT:
    """Return the reference to a user, declared to offer only users who have the permission: see `UserChoices`."""
    vars(field)["holders"] = UserChoices(permission, insiders)
    return field


_YEARS, _PARTS, _THOUSANDTHS = (
    tuple(f"{number:0{digits}d}" for number in range(10**digits)) for digits in (4, 2, 3)
)


@overload
def instant_as_text(value: datetime) -> str: ...


@overload
def instant_as_text(value: datetime | None) -> str | None: ...


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


def is_same(one: object, other: object) -> bool:
    """Return whether two plain values are equal in JSON: 1 is not true, and the order of keys does not
    matter."""
    if one is other:
        return True
    if isinstance(one, str) or isinstance(other, str) or one is None or other is None:
        return one == other
    # Encoding as JSON is the last resort: see docs/performance.md.
    if type(one) is float and type(other) is float:
        return repr(one) == repr(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    return _encode_json(one) == _encode_json(other)


class BaseProperty:
    """What columns and lists have in common: reading and writing the value of a record, and comparing two
    states of it. `before` is the earlier state, None for a new record."""

    name: str
    attname: str
    many: bool
    derived: bool
    guard: Guard | None = None
    change_permissions: tuple[str, ...]

    def read(self, record: models.Model) -> Any:
        """Return the Python value; for a reference, the id."""
        return getattr(record, self.attname)

    def write(self, record: models.Model, value: object) -> None:
        setattr(record, self.attname, value)

    def plain(self, value: Any) -> PlainValue:
        """Return the plain value of a Python value."""
        raise NotImplementedError

    def is_empty(self, plain: PlainValue) -> bool:
        return plain is None or plain == "" or plain == []

    def history_value(self, plain: PlainValue, record: models.Model) -> PlainValue:
        """Return a plain value as the history stores it: that of a hashed property as its keyed hash, bound to
        its place, so that two objects with the same code have different hashes."""
        if self.guard is None or not self.guard.hashed:
            return plain
        if plain is None or plain == "" or is_unreadable(plain):
            return keyed_hash(plain)
        return keyed_hash([binding_of(type(record), record.pk, self.name), plain])

    def differs(self, before: models.Model | None, record: models.Model) -> bool:
        """Return whether the values of two states differ."""
        old, new = self.plain_pair(before, record)
        return not is_same(old, new) and not (before is None and self.is_empty(new))

    def changes(self, before: models.Model | None, record: models.Model) -> list[Change]:
        """Return the changes (see `History.changes`) between two states."""
        old, new = self.plain_pair(before, record)
        return [] if before is None and self.is_empty(new) else self.differences(old, new, record)

    def plain_pair(self, before: models.Model | None, record: models.Model) -> tuple[PlainValue, PlainValue]:
        """Return the plain values of two states."""
        empty: list[Any] | None = [] if self.many else None
        return empty if before is None else self.plain(self.read(before)), self.plain(self.read(record))

    def differences(self, old: PlainValue, new: PlainValue, record: models.Model) -> list[Change]:
        """Return the changes that lead from one plain value of a record to another."""
        old, new = self.history_value(old, record), self.history_value(new, record)
        return [] if is_same(old, new) else [{"property": self.name, "old": old, "new": new}]


class ColumnProperty(BaseProperty):
    """A property stored in a column of the record's own table."""

    many: Literal[False] = False

    def __init__(self, field: ModelField, derived: bool) -> None:
        self.field = field
        self.name = field.name
        self.attname = field.attname
        """The attribute of the Python value; of a reference, that is the id."""
        self.derived = derived
        self.guard = getattr(field, "guard", None)
        self.change_permissions = getattr(field, "change_permissions", ())
        self.target = field.related_model if field.is_relation else None
        self.has_plain_attribute = (
            getattr(field.descriptor_class, "__get__", None) is DeferredAttribute.__get__
        )
        """Whether `__dict__` has the value under `attname`; an encrypted value is decrypted when it is
        read."""
        self.is_datetime = isinstance(field, models.DateTimeField)
        self._value_field: ModelField = field.target_field if isinstance(field, models.ForeignKey) else field

    @property
    def label(self) -> str:
        return str(self.field.verbose_name)

    def to_python(self, value: object, current: None = None) -> Any:
        """Return the typed value of a raw one. Raises ValidationError if it has the wrong type."""
        if isinstance(value, models.Model):
            value = value.pk
        return self._value_field.to_python(value)

    def plain(self, value: Any) -> PlainValue:
        return instant_as_text(value) if isinstance(value, datetime) else value

    def from_plain(self, value: PlainValue) -> Any:
        return parse_datetime(value) if value and self.is_datetime else value


def nested_errors(path: str, error: ValidationError) -> Errors:
    """Return the errors of one property as a dict of dotted paths below `path`."""
    if hasattr(error, "error_dict"):
        return {f"{path}.{key}": item for key, item in error.error_dict.items()}
    errors: Errors = {}
    for item in error.error_list:
        error_path = f"{path}.{item.place}" if isinstance(item, EntryError) else path
        errors.setdefault(error_path, []).append(item)
    return errors
