"""Columns that follow from the texts of a record: the words that it is found by, and its sort keys."""

from django.apps import apps
from django.db import connections, models
from django.db.models import Q

from backoffice.db import queries
from backoffice.db.search import RULES
from backoffice.db.search_index import update_index
from backoffice.db.transactions import atomic
from backoffice.records.models import Entity
from backoffice.records.properties.collections import load_collections

BATCH = 200
"""How many records are written in one transaction: of a tenth of a second or so."""


def set_text_columns(records: list[Entity]) -> None:
    """Set the columns of records that are new or read as a whole, with their lists."""
    languages: dict[str | None, str] = {}
    for record in records:
        company_id = record.home_company_id()
        if company_id not in languages:
            languages[company_id] = record.home_language()
        record.search_text = record.searchable()
        record.set_sort_keys(languages[company_id])


def renew(model: type[Entity], outdated: Q | None = None) -> int:
    """Write the columns anew of those records that have them by earlier rules, or for another language (`outdated`).
    Return how many. It may be interrupted, and goes on when it is called again."""
    if outdated is None:
        outdated = ~Q(search_text__startswith=RULES) | Q(sort_language="")
    old = model._base_manager.filter(outdated).order_by("pk")
    lists = [name for name in model.searched if model.properties[name].many]
    names = {"search_text", "sort_language", *model.sort_key_names}
    count, last = 0, ""
    while batch := list(old.filter(pk__gt=last)[:BATCH] if last else old[:BATCH]):
        load_collections(batch, lists)
        set_text_columns(batch)
        with atomic():
            for record in batch:
                queries.execute_update(record, names, version=record.version)
        count, last = count + len(batch), batch[-1].pk
    return count


def renew_company(company_id: str, language: str) -> int:
    """Make the sort keys of a company's records for another language. Return how many records had others."""
    count = 0
    for model in text_models():
        mine = Q(company_id=company_id) if _has_company(model) else Q(pk=company_id)
        count += renew(model, mine & ~Q(sort_language=language))
    return count


def update_text_columns(app_config, using, **_kwargs) -> None:
    """Bring the columns and the indexes of words up to date, after `migrate`. (Not by a migration: SQLite's triggers go
    when a later one makes their table anew.)"""
    connection = connections[using]
    if not app_config.models_module:
        return
    tables = connection.introspection.table_names()
    for model in app_config.get_models():
        if model in text_models() and _is_whole(model, connection, tables):
            renew(model)
            if model.searched:
                update_index(model, connection, tables)


def _is_whole(model: type[models.Model], connection, tables: list[str]) -> bool:
    """Whether the table of a model has all its columns: `migrate` may have been told to stop before they are there."""
    if model._meta.db_table not in tables or not model._meta.can_migrate(connection):
        return False
    if connection.vendor == "mongodb":
        return True
    with connection.cursor() as cursor:
        present = {
            column.name
            for column in connection.introspection.get_table_description(cursor, model._meta.db_table)
        }
    return present >= {field.column for field in model._meta.local_concrete_fields}


def text_models() -> list[type[models.Model]]:
    """The models whose records have such columns."""
    return [model for model in apps.get_models() if issubclass(model, Entity)]


def _has_company(model: type[models.Model]) -> bool:
    return any(field.name == "company" for field in model._meta.fields)
