"""Serialization of rows to plain values that are the same on every database, and back."""

import hashlib
import json
from datetime import datetime, timezone

from django.db import models

from backoffice.moving.ordering import (
    MoveStep,
    deferred_references,
    keeps_primary_key,
    moved_models,
    references,
)
from backoffice.records.fields import EncryptedMixin, SealedValue


def read(step: MoveStep, after: str, limit: int) -> list[tuple[str, dict]]:
    """Return the next rows of a step: (their key in this database, their plain values by column)."""
    model, names = step.model, NaturalKeys(step.model)
    rows = model._base_manager.order_by("pk")
    if step.later:
        rows = rows.filter(_any_set(model))
    if after:
        rows = rows.filter(pk__gt=after)
    return [
        (str(row.pk), _read_references(row) if step.later else _plain(row, names)) for row in rows[:limit]
    ]


def count(step: MoveStep) -> int:
    rows = step.model._base_manager.all()
    return (rows.filter(_any_set(step.model)) if step.later else rows).count()


def write(step: MoveStep, rows: list[tuple[str, dict]]) -> None:
    """Write the rows of a step to this database."""
    if step.later:
        _fill_in_references(step.model, rows)
        return
    model, names = step.model, NaturalKeys(step.model)
    deferred = {field.attname for field in deferred_references(model)}
    instances = []
    for _key, values in rows:
        typed = {
            field.attname: _typed(field, values[field.attname], names)
            for field in model._meta.concrete_fields
            if field.attname in values and field.attname not in deferred
        }
        instances.append(model(**typed))
    model._base_manager.bulk_create(instances)


def clear_natural_key_tables() -> None:
    """Delete the rows that migrations created in tables identified by natural keys, before the source's rows
    arrive."""
    for model in reversed(moved_models()):
        if not keeps_primary_key(model):
            model._base_manager.all().delete()


def digests(model: type[models.Model], after: str, limit: int) -> tuple[str, dict[str, str]]:
    """Return (the key to continue after, the checksum of each of the next rows by its identity on every
    database)."""
    rows = read(MoveStep(model), after, limit)
    found = {_identify(model, key, values): _digest(values) for key, values in rows}
    return (rows[-1][0] if rows else ""), found


def digests_of(model: type[models.Model], keys: list[str]) -> dict[str, str]:
    """Return the checksums of existing rows, by key, of a model that keeps its primary keys."""
    names = NaturalKeys(model)
    rows = model._base_manager.filter(pk__in=keys)
    return {row.pk: _digest(_plain(row, names)) for row in rows}


class NaturalKeys:
    """The natural keys of referenced rows whose primary keys differ between databases."""

    def __init__(self, model: type[models.Model]):
        self._by_pk = {
            field.attname: _natural_keys(field.related_model)
            for field in references(model)
            if not keeps_primary_key(field.related_model)
        }
        self._pks = {name: {key: pk for pk, key in keys.items()} for name, keys in self._by_pk.items()}

    def named(self, field: models.Field) -> bool:
        return field.attname in self._by_pk

    def name(self, field: models.Field, pk) -> list[str]:
        return list(self._by_pk[field.attname][pk])

    def pk(self, field: models.Field, name: list[str]):
        return self._pks[field.attname][tuple(name)]


def _natural_keys(model: type[models.Model]) -> dict:
    related = [field.name for field in references(model)]
    return {row.pk: row.natural_key() for row in model._base_manager.prefetch_related(*related)}


def _plain(row: models.Model, names: NaturalKeys) -> dict:
    fields = row._meta.concrete_fields
    if not keeps_primary_key(type(row)):
        fields = [field for field in fields if not field.primary_key]
    return {field.attname: _plain_value(field, _stored_value(row, field), names) for field in fields}


def _stored_value(row: models.Model, field: models.Field):
    """Return the stored value of a column. For encrypted columns this is the token, which both databases
    store, whether its key is available or not."""
    return field.pre_save(row, False) if isinstance(field, EncryptedMixin) else getattr(row, field.attname)


def _plain_value(field: models.Field, value, names: NaturalKeys):
    if value is None:
        return None
    if names.named(field):
        return names.name(field, value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    return value


def _typed(field: models.Field, value, names: NaturalKeys):
    if value is None:
        return None
    if names.named(field):
        return names.pk(field, value)
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(value)
    return SealedValue(value) if isinstance(field, EncryptedMixin) else value


def _identify(model: type[models.Model], key: str, values: dict) -> str:
    """Return the identity of a row on every database: its key, or all its values."""
    return key if keeps_primary_key(model) else json.dumps(values, sort_keys=True, ensure_ascii=False)


def _digest(values: dict) -> str:
    # The order of keys in JSON objects differs between databases.
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _any_set(model: type[models.Model]) -> models.Q:
    condition = models.Q()
    for field in deferred_references(model):
        condition |= models.Q(**{f"{field.name}__isnull": False})
    return condition


def _read_references(row: models.Model) -> dict:
    return {field.attname: getattr(row, field.attname) for field in deferred_references(type(row))}


def _fill_in_references(model: type[models.Model], rows: list[tuple[str, dict]]) -> None:
    """Write references that had to wait, with one update for each distinct set: many rows refer to the same
    few."""
    keys_by_values: dict[tuple, list[str]] = {}
    for key, values in rows:
        keys_by_values.setdefault(tuple(values.items()), []).append(key)
    for values, keys in keys_by_values.items():
        model._base_manager.filter(pk__in=keys).update(**dict(values))
