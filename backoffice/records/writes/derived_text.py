"""Columns that are derived from the texts of a record: search text and sort keys."""

from django.apps import AppConfig, apps
from django.db import connections, models
from django.db.models import Q

from backoffice.db import queries
from backoffice.db.annotations import Connection
from backoffice.db.search import RULES
from backoffice.db.search_index import update_index
from backoffice.db.transactions import atomic
from backoffice.records.models import Entity
from backoffice.records.properties.collections import load_collections

BATCH = 200
"""Number of records per transaction."""


def set_text_columns(records: list[Entity]) -> None:
    """Set the columns of records that are new, or were read in full with their lists."""
    languages: dict[str | None, str] = {}
    for record in records:
        company_id = record.home_company_id()
        if company_id not in languages:
            languages[company_id] = record.home_language()
        record.search_text = record.make_search_text()
        record.set_sort_keys(languages[company_id])


def update_outdated(model: type[Entity], outdated: Q | None = None) -> int:
    """Rewrite the columns of records that have outdated ones: made by earlier rules, or for another language.
    `outdated` overrides the condition. Return the number of records. May be interrupted and called again."""
    if outdated is None:
        outdated = ~Q(search_text__startswith=RULES) | Q(sort_language="")
    outdated_records = model._base_manager.filter(outdated).order_by("pk")
    lists = [name for name in model.searched_properties if model.properties[name].many]
    names = {"search_text", "sort_language", *model.sort_key_names}
    count, last_pk = 0, ""
    while batch := list(
        outdated_records.filter(pk__gt=last_pk)[:BATCH] if last_pk else outdated_records[:BATCH]
    ):
        load_collections(batch, lists)
        set_text_columns(batch)
        with atomic():
            for record in batch:
                queries.execute_update(record, names, version=record.version)
        count, last_pk = count + len(batch), batch[-1].pk
    return count


def update_company_sort_keys(company_id: str, language: str) -> int:
    """Rewrite the sort keys of a company's records for another language. Return the number of records
    changed."""
    count = 0
    for model in text_models():
        of_company = Q(company_id=company_id) if _has_company(model) else Q(pk=company_id)
        count += update_outdated(model, of_company & ~Q(sort_language=language))
    return count


def update_text_columns(app_config: AppConfig, using: str, **_kwargs: object) -> None:
    """Bring the columns and the search indexes up to date after `migrate`. (Not in a migration: SQLite drops
    the triggers when a later migration rebuilds their table.)"""
    connection = connections[using]
    if not app_config.models_module:
        return
    tables = connection.introspection.table_names()
    for model in app_config.get_models():
        if model in text_models() and _has_all_columns(model, connection, tables):
            update_outdated(model)
            if model.searched_properties:
                update_index(model, connection, tables)


def _has_all_columns(model: type[models.Model], connection: Connection, tables: list[str]) -> bool:
    """Return whether the table of a model has all its columns: `migrate` may stop at an earlier migration."""
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


def text_models() -> list[type[Entity]]:
    """Return the models whose records have these columns."""
    return [model for model in apps.get_models() if issubclass(model, Entity)]


def _has_company(model: type[models.Model]) -> bool:
    return any(field.name == "company" for field in model._meta.fields)
