"""Search indexes: which records have a word, without scanning the others. Each indexed word begins with the
id of the record's company, so that neither the results nor the time of a search depend on the words of
another company."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.datastructures import BaseTable

from backoffice.db.annotations import Connection, QuoteName, Rows, RowsT, Sql

if TYPE_CHECKING:
    from backoffice.db.search import Term

RARE = 10_000
"""Up to this number of matches, the index is used; more records are found fast by a scan in the order of the
list."""
MOST_COMPANIES = 20
"""Actors who see more companies get a scan of the records instead of the index."""
NO_COMPANY = "0" * 24


def companies_of(rows: Rows) -> list[str]:
    """Return the ids of the companies all of whose rows are in a queryset; none if unknown or too many."""
    whole_companies = getattr(rows.query, "whole_companies", ())
    if whole_companies is not None:
        return list(whole_companies)
    field = next((field for field in rows.model._meta.fields if field.name == "company"), None)
    company = field.related_model if field else rows.model
    ids = list(company._base_manager.order_by().values_list("pk", flat=True)[:MOST_COMPANIES])
    if len(ids) == MOST_COMPANIES:
        return []
    return [*ids, NO_COMPANY] if field and field.null else ids


def _company_sql(model: type[models.Model], quoted: QuoteName, row: str = "") -> str:
    """Return the SQL of the company id that a row's words begin with; `row` is the row's name in a
    trigger."""
    field = next((field for field in model._meta.fields if field.name == "company"), model._meta.pk)
    column = f"{row}{quoted(field.column)}"
    return f"coalesce({column}, '{NO_COMPANY}')" if field.null else column


def find_rare(rows: RowsT, terms: "list[Term]", companies: list[str]) -> RowsT | None:
    """Return the records with these words from SQLite's index if they are rare, else None."""
    connection = connections[rows.db]
    quoted = connection.ops.quote_name
    table, rowids = quoted(_index_name(rows.model)), quoted(_rowids_name(rows.model))
    queries = [_build_query(terms, company, '"{}"*', " AND ", " OR ") for company in companies]
    select = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608 # nosec B608 # a table's name
    matches = " UNION ALL ".join([select] * len(queries))
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT COUNT(*) FROM ({matches} LIMIT {RARE + 1})", queries)  # noqa: S608 # nosec B608
        except DatabaseError:
            return None  # a SQLite without FTS5
        (count,) = cursor.fetchone()
    if count > RARE:
        return None
    if not count:
        return rows.none()
    records = f"SELECT record FROM {rowids} WHERE id IN ({matches})"  # noqa: S608 # nosec B608
    rows = rows.filter(pk__in=RawSQL(records, queries))  # noqa: S611 # nosec B611
    alias = rows.query.get_initial_alias()
    rows.query.alias_map[alias] = TableIndexedById(rows.model._meta.db_table, alias)
    return rows


def _build_query(terms: "list[Term]", company: str, word: str, all_of: str, one_of: str) -> str:
    """Return the query in the index's own language."""
    return all_of.join(
        f"({one_of.join(f'({all_of.join(word.format(company + part) for part in words)})' for words in term.alternatives)})"
        for term in terms
    )


class TableIndexedById(BaseTable):
    """A table whose rows SQLite must find by their ids. It would rather scan all rows of a company in the
    order of the list, because it assumes all indexes to be equally selective."""

    def as_sql(self, compiler: SQLCompiler, connection: Connection) -> tuple[str, Any]:
        sql, values = super().as_sql(compiler, connection)
        return (
            f"{sql} INDEXED BY {connection.ops.quote_name(f'sqlite_autoindex_{self.table_name}_1')}",
            values,
        )


def _vector_sql(column: str, company: str) -> str:
    """Return the SQL of a column's words as PostgreSQL indexes them (not as its own parser splits words)."""
    return f"array_to_tsvector(string_to_array(btrim(replace({column}, ' ', ' ' || ({company})::text)), ' '))"


class HasWords(Lookup):
    """`search_text__has_words=(terms, companies)`: a search of PostgreSQL's index."""

    lookup_name = "has_words"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: Connection) -> Sql:
        lhs, params = self.process_lhs(compiler, connection)
        terms, companies = self.rhs
        quoted = connection.ops.quote_name
        company = _company_sql(self.lhs.target.model, quoted, f"{quoted(self.lhs.alias)}.")
        query = " | ".join(
            f"({_build_query(terms, company_id, chr(39) + '{}' + chr(39) + ':*', ' & ', ' | ')})"
            for company_id in companies
        )
        return f"{_vector_sql(lhs, company)} @@ %s::tsquery", [*params, query]


models.TextField.register_lookup(HasWords)


def _index_name(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}_words"


def _rowids_name(model: type[models.Model]) -> str:
    """Return the name of the table that maps rows of SQLite's index to records. (Records have no stable
    rowids, and FTS5 finds a row slowly by a word such as the record's id.)"""
    return f"{model._meta.db_table}_words_of"


def update_index(model: type[models.Model], connection: Connection, tables: list[str]) -> None:
    """Create or update the search index of a model. MongoDB has no index for beginnings of words; it scans
    the texts of a company."""
    make = {"sqlite": _index_on_sqlite, "postgresql": _index_on_postgresql}.get(connection.vendor)
    if make:
        with connection.cursor() as cursor:
            make(cursor, model, connection.ops.quote_name, tables)


def _index_on_postgresql(
    cursor: CursorWrapper, model: type[models.Model], quoted: QuoteName, _tables: list[str]
) -> None:
    name, table = quoted(f"{_index_name(model)}_2"), quoted(model._meta.db_table)
    vector = _vector_sql(quoted("search_text"), _company_sql(model, quoted))
    cursor.execute(f"DROP INDEX IF EXISTS {quoted(_index_name(model))}")  # of earlier versions
    cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({vector})")


def _index_on_sqlite(
    cursor: CursorWrapper, model: type[models.Model], quoted: QuoteName, tables: list[str]
) -> None:
    """Create SQLite's index if it is missing or its triggers are outdated. FTS5 stores no texts here, and
    needs a record's old words from triggers to remove them; after a change without triggers, the index has to
    be rebuilt."""
    name, table, pk = quoted(_index_name(model)), quoted(model._meta.db_table), quoted(model._meta.pk.column)
    rowids = quoted(_rowids_name(model))
    triggers = _triggers(model, quoted)
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [model._meta.db_table]
    )
    existing = dict(cursor.fetchall())
    has_tables = {_index_name(model), _rowids_name(model)} <= set(tables)
    if has_tables and triggers.items() <= existing.items() and f"{_index_name(model)}_content" not in tables:
        return
    for trigger in triggers:
        cursor.execute(f"DROP TRIGGER IF EXISTS {quoted(trigger)}")
    for old_table in (name, rowids):
        cursor.execute(f"DROP TABLE IF EXISTS {old_table}")
    options = "content='', tokenize='ascii', detail='none', columnsize=0"
    try:
        cursor.execute(f"CREATE VIRTUAL TABLE {name} USING fts5(words, {options})")
    except DatabaseError:
        return  # a SQLite without FTS5
    cursor.execute(f"CREATE TABLE {rowids} (id INTEGER PRIMARY KEY, record char(24) NOT NULL UNIQUE)")
    cursor.execute(f"INSERT INTO {rowids} (record) SELECT {pk} FROM {table}")  # noqa: S608 # nosec B608
    words = f"replace({table}.search_text, ' ', ' ' || {_company_sql(model, quoted, f'{table}.')})"
    cursor.execute(
        f"INSERT INTO {name} (rowid, words) SELECT {rowids}.id, {words}"  # noqa: S608 # nosec B608
        f" FROM {rowids} JOIN {table} ON {table}.{pk} = {rowids}.record"
    )
    for sql in triggers.values():
        cursor.execute(sql)


def _triggers(model: type[models.Model], quoted: QuoteName) -> dict[str, str]:
    """Return the SQL of the triggers that update SQLite's index, by name."""
    name, table, pk = quoted(_index_name(model)), quoted(model._meta.db_table), quoted(model._meta.pk.column)
    rowids = quoted(_rowids_name(model))

    def words(row: str) -> str:
        return f"replace({row}.search_text, ' ', ' ' || {_company_sql(model, quoted, f'{row}.')})"

    insert = (
        f"INSERT INTO {name} (rowid, words)"  # noqa: S608 # nosec B608
        f" SELECT id, {words('new')} FROM {rowids} WHERE record = new.{pk}"
    )
    delete = (
        f"INSERT INTO {name} ({name}, rowid, words)"  # noqa: S608 # nosec B608
        f" SELECT 'delete', id, {words('old')} FROM {rowids} WHERE record = old.{pk}"
    )
    company = next((quoted(field.column) for field in model._meta.fields if field.name == "company"), "")
    columns = ["search_text", company] if company else ["search_text"]
    statements = {
        "INSERT": f"INSERT INTO {rowids} (record) VALUES (new.{pk}); {insert}",  # noqa: S608 # nosec B608
        f"UPDATE OF {', '.join(columns)}": f"{delete}; {insert}",
        "DELETE": f"{delete}; DELETE FROM {rowids} WHERE record = old.{pk}",  # noqa: S608 # nosec B608
    }
    triggers = {}
    for event, statement in statements.items():
        trigger = f"{_index_name(model)}_{event.split()[0].lower()}"
        differs = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
        condition = f"WHEN {differs}" if event.startswith("UPDATE") else ""
        triggers[trigger] = (
            f"CREATE TRIGGER {quoted(trigger)} AFTER {event} ON {table} {condition} BEGIN {statement}; END"
        )
    return triggers


def purge_deleted_words() -> None:
    """Remove the words of deleted and changed records from SQLite's indexes. (FTS5 only marks them as deleted
    until it merges its segments: a few seconds for a million records.)"""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return
    tables = connection.introspection.table_names()
    for model in apps.get_models():
        if getattr(model, "searched_properties", ()) and _index_name(model) in tables:
            name = connection.ops.quote_name(_index_name(model))
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")  # noqa: S608 # nosec B608
