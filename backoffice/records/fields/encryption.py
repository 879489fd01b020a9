"""Properties that are encrypted at rest: the column has a token, the record has the value.

A token is opened by any of the keys in `FIELD_KEYS`, made with the first of them, and bound to its place: copied to
another record or property it does not open. Nothing can be filtered, sorted or searched by such a property.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields.base import AnyField, ParagraphField

BATCH = 500
CANNOT_BE_READ = _(
    "This cannot be read: the key it was encrypted with is missing. A new value can be set; "
    "until then what is kept stays as it is."
)
_logger = logging.getLogger(__name__)


class SealedValue(str):
    """A token, as the column has it."""


class Unreadable(str):
    """What stands for a value whose token no key opens. As text it is a mark of the token, so that it is the same
    as itself wherever values are compared; no door shows it. Written back, the token stays what it was."""

    token: SealedValue

    @classmethod
    def behind(cls, token: str) -> "Unreadable":
        found = cls("unreadable:" + hashlib.sha256(token.encode()).hexdigest())
        found.token = SealedValue(token)
        return found


@lru_cache(maxsize=8)
def _opener(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(
            "FIELD_KEYS has no key, or something that is none. `manage.py rotate_field_keys --new-key` prints one."
        ) from None


def place_of(model: type[models.Model], pk: object, name: str) -> str:
    """What a token or a hash is bound to: one property of one record."""
    return f"{model._meta.label_lower} {pk} {name}"


def seal(value: object, model: type[models.Model], pk: object, name: str) -> SealedValue:
    """The token of a JSON value for one property of one record."""
    content = json.dumps([place_of(model, pk, name), value], ensure_ascii=False, separators=(",", ":"))
    return SealedValue(_opener(tuple(settings.FIELD_KEYS)).encrypt(content.encode()).decode())


def unseal(token: str, model: type[models.Model], pk: object, name: str) -> object:
    """The value in a token, or what stands for it if no key opens it, or if it belongs elsewhere."""
    try:
        place, value = json.loads(_opener(tuple(settings.FIELD_KEYS)).decrypt(token))
        if place == place_of(model, pk, name):
            return value
    except (InvalidToken, ValueError):
        pass
    _warn_once()
    return Unreadable.behind(token)


@lru_cache(maxsize=1)
def _warn_once() -> None:
    """Once in the life of a process: a page of a list may have hundreds."""
    _logger.warning(
        "A secret cannot be read: the key it was encrypted with is missing. `manage.py check_secrets` tells how many."
    )


def reseal(token: str) -> SealedValue | None:
    """The token made anew with the first key, or itself if it was; None if no key opens it."""
    keys = tuple(settings.FIELD_KEYS)
    try:
        _opener(keys[:1]).decrypt(token)
        return SealedValue(token)
    except InvalidToken:
        pass
    try:
        return SealedValue(_opener(keys).rotate(token).decode())
    except InvalidToken:
        return None


class _Opening(DeferredAttribute):
    """The value of the property, its token opened when somebody asks: most lists never do."""

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, SealedValue):
            value = unseal(value, type(instance), instance.pk, name)
            instance.__dict__[name] = value
        return value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class EncryptedMixin:
    """For model fields: keeps a token of the value. Rules and lengths are rules on the value; None and empty text
    are kept as they are."""

    descriptor_class = _Opening

    def from_db_value(self, value, expression, connection):
        return SealedValue(value) if value else value

    def pre_save(self, model_instance, add):
        """The token for the column; an unopened or unreadable one as it is."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or value == "" or isinstance(value, SealedValue):
            return value
        if isinstance(value, Unreadable):
            return value.token
        return seal(value, type(model_instance), model_instance.pk, self.attname)

    def get_prep_value(self, value):
        if value is None or value == "" or isinstance(value, SealedValue):
            return value
        raise TypeError(
            f"“{self.name}” is encrypted: it can be neither looked up nor updated past its record."
        )

    def get_lookup(self, lookup_name):
        """Only what the keeping of tokens itself asks."""
        return super().get_lookup(lookup_name) if lookup_name in ("exact", "in", "isnull") else None

    def value_to_string(self, obj):
        return self.pre_save(obj, False)


class EncryptedAnyField(EncryptedMixin, AnyField):
    """Any JSON value, encrypted."""


class EncryptedTextField(EncryptedMixin, ParagraphField):
    """Text, encrypted."""


def is_unreadable(value: object) -> bool:
    """Whether a value stands for one whose key is missing."""
    return isinstance(value, Unreadable)


def encrypted_columns() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Every encrypted column there is."""
    for model in apps.get_models():
        yield from (
            (model, field) for field in model._meta.concrete_fields if isinstance(field, EncryptedMixin)
        )


def each_token(
    model: type[models.Model], field: models.Field, rows: models.QuerySet | None = None
) -> Iterator[tuple[object, SealedValue]]:
    """(primary key, token) of every row of an encrypted column, by key, some at a time."""
    found = tokens(model, field, rows).order_by("pk")
    batch = list(found.values_list("pk", field.attname)[:BATCH])
    while batch:
        yield from batch
        batch = list(found.filter(pk__gt=batch[-1][0]).values_list("pk", field.attname)[:BATCH])


def tokens(model, field, rows: models.QuerySet | None = None) -> models.QuerySet:
    """The rows that have something in an encrypted column."""
    found = model._base_manager.all() if rows is None else rows.all()
    return found.filter(**{f"{field.attname}__isnull": False}).exclude(**{field.attname: ""})


@checks.register(checks.Tags.security)
def check_field_keys(app_configs, **kwargs):
    """Keys that are none are told at the start, not by the first record that has a secret."""
    try:
        _opener(tuple(settings.FIELD_KEYS))
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="records.E002")]
    return []
