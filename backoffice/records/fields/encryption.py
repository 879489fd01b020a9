"""Encryption of properties at rest: the column has a token, the record has the value.

A token is decrypted by any of the keys in `FIELD_KEYS` and encrypted with the first of them. It is bound to
its place: copied to another record or property, it is not accepted. Nothing can be filtered, sorted or
searched by such a property.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import Connection, ModelField, Rows
from backoffice.records.fields.base import AnyField, ParagraphField
from backoffice.records.fields.generics import FieldMixin, GetT, SetT

BATCH = 500
CANNOT_BE_READ = _(
    "This cannot be decrypted because the encryption key is missing. You can enter a new value; "
    "until then the stored value is kept."
)
_logger = logging.getLogger(__name__)


class SealedValue(str):
    """A token, as stored in the column."""


class Unreadable(str):
    """The placeholder for a value whose token no key decrypts. Its text identifies the token, so that
    comparisons find the same value unchanged; no channel shows it. When written back, the token stays as it
    was."""

    token: SealedValue

    @classmethod
    def for_token(cls, token: str) -> "Unreadable":
        placeholder = cls("unreadable:" + hashlib.sha256(token.encode()).hexdigest())
        placeholder.token = SealedValue(token)
        return placeholder


@lru_cache(maxsize=8)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(
            "FIELD_KEYS is empty or has an invalid key. `manage.py rotate_field_keys --new-key` prints a new one."
        ) from None


def binding_of(model: type[models.Model], pk: object, name: str) -> str:
    """Return what a token or a hash is bound to: one property of one record."""
    return f"{model._meta.label_lower} {pk} {name}"


def encrypt_value(value: object, model: type[models.Model], pk: object, name: str) -> SealedValue:
    """Encrypt a JSON value for one property of one record."""
    content = json.dumps([binding_of(model, pk, name), value], ensure_ascii=False, separators=(",", ":"))
    return SealedValue(_fernet(tuple(settings.FIELD_KEYS)).encrypt(content.encode()).decode())


def decrypt_value(token: str, model: type[models.Model], pk: object, name: str) -> object:
    """Decrypt a token. Return its placeholder if no key decrypts it, or if it is bound to another place."""
    try:
        place, value = json.loads(_fernet(tuple(settings.FIELD_KEYS)).decrypt(token))
        if place == binding_of(model, pk, name):
            return value
    except (InvalidToken, ValueError):
        pass
    _warn_once()
    return Unreadable.for_token(token)


@lru_cache(maxsize=1)
def _warn_once() -> None:
    """Warn once per process: a list may have hundreds of such values."""
    _logger.warning(
        "A secret cannot be read: the key it was encrypted with is missing. `manage.py check_secrets` lists them."
    )


def reencrypt_token(token: str) -> SealedValue | None:
    """Return the token encrypted with the first key: the same token if it is already, None if no key decrypts
    it."""
    keys = tuple(settings.FIELD_KEYS)
    try:
        _fernet(keys[:1]).decrypt(token)
        return SealedValue(token)
    except InvalidToken:
        pass
    try:
        return SealedValue(_fernet(keys).rotate(token).decode())
    except InvalidToken:
        return None


class _DecryptingDescriptor(DeferredAttribute):
    """The descriptor of the property. It decrypts the token when the value is read: most lists never read
    it."""

    def __get__(self, instance: models.Model | None, cls: type[models.Model] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        if isinstance(value, SealedValue):
            value = decrypt_value(value, type(instance), instance.pk, name)
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: object) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedMixin(FieldMixin[SetT, GetT]):
    """For model fields: stores an encrypted token of the value. Validation applies to the value; None and the
    empty text are not encrypted."""

    descriptor_class: type = _DecryptingDescriptor

    def from_db_value(self, value: str | None, expression: object, connection: Connection) -> str | None:
        return SealedValue(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        """Return the token for the column; one that was not decrypted, or cannot be, stays as it is."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or value == "" or isinstance(value, SealedValue):
            return value
        if isinstance(value, Unreadable):
            return value.token
        return encrypt_value(value, type(model_instance), model_instance.pk, self.attname)

    def get_prep_value(self, value: Any) -> Any:
        if value is None or value == "" or isinstance(value, SealedValue):
            return value
        raise TypeError(
            f"“{self.name}” is encrypted: it cannot be used in lookups or in updates of a queryset."
        )

    def get_lookup(self, lookup_name: str) -> type[models.Lookup] | None:
        """Allow only the lookups that finding and rotating tokens needs."""
        return super().get_lookup(lookup_name) if lookup_name in ("exact", "in", "isnull") else None

    def value_to_string(self, obj: models.Model) -> Any:
        return self.pre_save(obj, False)


class EncryptedAnyField(EncryptedMixin[SetT, GetT], AnyField[SetT, GetT]):
    """Any JSON value, encrypted."""


class EncryptedTextField(EncryptedMixin[SetT, GetT], ParagraphField[SetT, GetT]):
    """Text, encrypted."""


def is_unreadable(value: object) -> bool:
    """Return whether a value is the placeholder of one whose key is missing."""
    return isinstance(value, Unreadable)


def encrypted_columns() -> Iterator[tuple[type[models.Model], ModelField]]:
    """Yield every encrypted column."""
    for model in apps.get_models():
        yield from (
            (model, field) for field in model._meta.concrete_fields if isinstance(field, EncryptedMixin)
        )


def iterate_tokens(
    model: type[models.Model], field: ModelField, rows: Rows | None = None
) -> Iterator[tuple[object, SealedValue]]:
    """Yield (primary key, token) of every row of an encrypted column, by key, in batches."""
    all_rows = rows_with_tokens(model, field, rows).order_by("pk")
    batch = list(all_rows.values_list("pk", field.attname)[:BATCH])
    while batch:
        yield from batch
        batch = list(all_rows.filter(pk__gt=batch[-1][0]).values_list("pk", field.attname)[:BATCH])


def rows_with_tokens(model: type[models.Model], field: ModelField, rows: Rows | None = None) -> Rows:
    """Return the rows that have a token in an encrypted column."""
    all_rows = model._base_manager.all() if rows is None else rows.all()
    return all_rows.filter(**{f"{field.attname}__isnull": False}).exclude(**{field.attname: ""})


@checks.register(checks.Tags.security)
def check_field_keys(app_configs: Sequence[AppConfig] | None, **kwargs: object) -> list[checks.CheckMessage]:
    """Report invalid keys at the start, not at the first record with a secret."""
    try:
        _fernet(tuple(settings.FIELD_KEYS))
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="records.E002")]
    return []
