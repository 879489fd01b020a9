"""Serialization of rows to plain values that are the same on every database, and back."""

import hashlib
import json

from django.db import models

from backoffice.moving.ordering import (
    MoveStep,
    deferred_references,
    find_step,
    keeps_primary_key,
    moved_models,
    references,
)
from backoffice.records.fields import EncryptedMixin


def read(step: str, after: str, limit: int) -> list[tuple[str, dict]]:
    """Return the next rows of a step: (their key in this database, their plain values by column)."""
    found = find_step(step)
    names = _natural_keys(found.model)
    rows = _rows(found).order_by("pk")
    if after:
        rows = rows.filter(pk__gt=after)
    return [
        (str(row.pk), _read_references(row) if found.later else _plain(row, names)) for row in rows[:limit]
    ]


def count(step: str) -> int:
    return _rows(find_step(step)).count()


def _rows(step: MoveStep) -> models.QuerySet:
    condition = models.Q()
    for field in deferred_references(step.model) if step.later else ():
        condition |= models.Q(**{f"{field.name}__isnull": False})
    return step.model._base_manager.filter(condition)


def write(step: str, rows: list[tuple[str, dict]]) -> None:
    """Write the rows of a step to this database."""
    model = find_step(step).model
    if find_step(step).later:
        _fill_in_references(model, rows)
        return
    deferred = {field.attname for field in deferred_references(model)}
    names = _natural_keys(model)
    pks = {column: {name: pk for pk, name in keys.items()} for column, keys in names.items()}
    instances = []
    for _key, values in rows:
        values = {column: value for column, value in values.items() if column not in deferred}
        for column in pks.keys() & values.keys():
            values[column] = None if values[column] is None else pks[column][values[column]]
        instances.append(model(**values))
    model._base_manager.bulk_create(instances)


def clear_natural_key_tables() -> None:
    """Delete the rows that migrations created in tables identified by natural keys, before the source's rows
    arrive."""
    for model in reversed(moved_models()):
        if not keeps_primary_key(model):
            model._base_manager.all().delete()


def digests(step: str, after: str, limit: int) -> tuple[str, dict[str, str]]:
    """Return (the key to continue after, the checksum of each of the next rows by its identity on every
    database: its key, or all its values)."""
    model, rows = find_step(step).model, read(step, after, limit)
    found = {
        key if keeps_primary_key(model) else json.dumps(values, sort_keys=True, ensure_ascii=False): _digest(
            values
        )
        for key, values in rows
    }
    return (rows[-1][0] if rows else ""), found


def digests_of(step: str, keys: list[str]) -> dict[str, str]:
    """Return the checksums of existing rows, by key, of a model that keeps its primary keys."""
    model = find_step(step).model
    names = _natural_keys(model)
    return {row.pk: _digest(_plain(row, names)) for row in model._base_manager.filter(pk__in=keys)}


def _natural_keys(model: type[models.Model]) -> dict[str, dict]:
    """Return the natural keys of referenced rows whose primary keys differ between databases, by column and
    primary key."""
    keys = {}
    for field in references(model):
        if not keeps_primary_key(field.related_model):
            related = [other.name for other in references(field.related_model)]
            rows = field.related_model._base_manager.prefetch_related(*related)
            keys[field.attname] = {row.pk: row.natural_key() for row in rows}
    return keys


def _plain(row: models.Model, names: dict[str, dict]) -> dict:
    values = {}
    for field in row._meta.concrete_fields:
        if field.primary_key and not keeps_primary_key(type(row)):
            continue
        # Of an encrypted column, read the token, which both databases store, whether its key is available or not.
        is_encrypted = isinstance(field, EncryptedMixin)
        value = field.pre_save(row, False) if is_encrypted else getattr(row, field.attname)
        if value is not None and field.attname in names:
            value = names[field.attname][value]
        values[field.attname] = value
    return values


def _digest(values: dict) -> str:
    # The order of keys in JSON objects differs between databases.
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()


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
