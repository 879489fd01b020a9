"""The indexes of words: which records have a word, without looking at the others. Each word in them begins with the id of
the record's company, so that neither what is found nor the time it takes depends on the words of another company."""

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup
from django.db.models.sql.datastructures import BaseTable

if TYPE_CHECKING:
    from backoffice.db.search import Term

RARE = 10_000
"""What more records than these have is found soon by looking through them in their order, and need not be put in order."""
MOST_COMPANIES = 20
"""Who sees more companies than these waits until their records are looked through."""
NO_COMPANY = "0" * 24


def companies_of(rows: models.QuerySet) -> list[str]:
    """The ids of the companies of which some rows are all that there are; none if that is not known, or if they are
    many."""
    known = getattr(rows, "whole_companies", ())
    if known is not None:
        return list(known)
    field = next((field for field in rows.model._meta.fields if field.name == "company"), None)
    company = field.related_model if field else rows.model
    found = list(company._base_manager.order_by().values_list("pk", flat=True)[:MOST_COMPANIES])
    if len(found) == MOST_COMPANIES:
        return []
    return [*found, NO_COMPANY] if field and field.null else found


def _company_of(model: type[models.Model], quoted, row: str = "") -> str:
    """The SQL of the company's id that a row's words begin with; `row` is the row's name in a trigger."""
    field = next((field for field in model._meta.fields if field.name == "company"), model._meta.pk)
    column = f"{row}{quoted(field.column)}"
    return f"coalesce({column}, '{NO_COMPANY}')" if field.null else column


def find_rare(rows: models.QuerySet, terms: "list[Term]", companies: list[str]) -> models.QuerySet | None:
    """The records that have these words if they are rare, found by SQLite's index; else None."""
    connection = connections[rows.db]
    quoted = connection.ops.quote_name
    table, places = quoted(_index_name(rows.model)), quoted(_places_name(rows.model))
    asked = [_asked(terms, company, '"{}"*', " AND ", " OR ") for company in companies]
    one = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608 # nosec B608 # a table's name
    found = " UNION ALL ".join([one] * len(asked))
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT COUNT(*) FROM ({found} LIMIT {RARE + 1})", asked)  # noqa: S608 # nosec B608
        except DatabaseError:
            return None  # a SQLite without FTS5
        (count,) = cursor.fetchone()
    if count > RARE:
        return None
    if not count:
        return rows.none()
    records = f"SELECT record FROM {places} WHERE id IN ({found})"  # noqa: S608 # nosec B608
    rows = rows.filter(pk__in=RawSQL(records, asked))  # noqa: S611 # nosec B611
    alias = rows.query.get_initial_alias()
    rows.query.alias_map[alias] = ById(rows.model._meta.db_table, alias)
    return rows


def _asked(terms: "list[Term]", company: str, word: str, all_of: str, one_of: str) -> str:
    """What an index is asked for, in its own language."""
    return all_of.join(
        f"({one_of.join(f'({all_of.join(word.format(company + each) for each in words)})' for words in term.alternatives)})"
        for term in terms
    )


class ById(BaseTable):
    """A table whose rows SQLite is to find by their ids: it would rather look through all of a company, in the order of
    the list, for it takes all its indexes for equally good."""

    def as_sql(self, compiler, connection):
        sql, values = super().as_sql(compiler, connection)
        return (
            f"{sql} INDEXED BY {connection.ops.quote_name(f'sqlite_autoindex_{self.table_name}_1')}",
            values,
        )


def _vector(column: str, company: str) -> str:
    """The SQL of the words of a column as PostgreSQL indexes them (not what its parser takes for words)."""
    return f"array_to_tsvector(string_to_array(btrim(replace({column}, ' ', ' ' || ({company})::text)), ' '))"


class HasWords(Lookup):
    """`search_text__has_words=(terms, companies)`: PostgreSQL's index."""

    lookup_name = "has_words"
    prepare_rhs = False

    def as_postgresql(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        terms, companies = self.rhs
        quoted = connection.ops.quote_name
        company = _company_of(self.lhs.target.model, quoted, f"{quoted(self.lhs.alias)}.")
        asked = " | ".join(
            f"({_asked(terms, each, chr(39) + '{}' + chr(39) + ':*', ' & ', ' | ')})" for each in companies
        )
        return f"{_vector(left, company)} @@ %s::tsquery", [*values, asked]


models.TextField.register_lookup(HasWords)


def _index_name(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}_words"


def _places_name(model: type[models.Model]) -> str:
    """The table of which row of SQLite's index has the words of which record. (The tables of records have no numbers that
    stay, and to find the row by a word, the record's id, takes FTS5 longer than to write it.)"""
    return f"{model._meta.db_table}_words_of"


def update_index(model: type[models.Model], connection, tables: list[str]) -> None:
    """Bring the index of a model's words up to date. MongoDB has no index that finds the beginnings of words, and looks
    through the texts of a company."""
    make = {"sqlite": _index_on_sqlite, "postgresql": _index_on_postgresql}.get(connection.vendor)
    if make:
        with connection.cursor() as cursor:
            make(cursor, model, connection.ops.quote_name, tables)


def _index_on_postgresql(cursor, model, quoted, _tables) -> None:
    name, table = quoted(f"{_index_name(model)}_2"), quoted(model._meta.db_table)
    vector = _vector(quoted("search_text"), _company_of(model, quoted))
    cursor.execute(f"DROP INDEX IF EXISTS {quoted(_index_name(model))}")  # which earlier versions had
    cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({vector})")


def _index_on_sqlite(cursor, model, quoted, tables) -> None:
    """FTS5 keeps no texts here: the triggers tell it what a record's words were. So what was not told of a change has to
    be made anew, and so has all of it if the triggers are others."""
    name, table, pk = quoted(_index_name(model)), quoted(model._meta.db_table), quoted(model._meta.pk.column)
    places = quoted(_places_name(model))
    triggers = _triggers(model, quoted)
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [model._meta.db_table]
    )
    known = dict(cursor.fetchall())
    is_there = {_index_name(model), _places_name(model)} <= set(tables)
    if is_there and triggers.items() <= known.items() and f"{_index_name(model)}_content" not in tables:
        return
    for trigger in triggers:
        cursor.execute(f"DROP TRIGGER IF EXISTS {quoted(trigger)}")
    for each in (name, places):
        cursor.execute(f"DROP TABLE IF EXISTS {each}")
    how = "content='', tokenize='ascii', detail='none', columnsize=0"
    try:
        cursor.execute(f"CREATE VIRTUAL TABLE {name} USING fts5(words, {how})")
    except DatabaseError:
        return  # a SQLite without FTS5
    cursor.execute(f"CREATE TABLE {places} (id INTEGER PRIMARY KEY, record char(24) NOT NULL UNIQUE)")
    cursor.execute(f"INSERT INTO {places} (record) SELECT {pk} FROM {table}")  # noqa: S608 # nosec B608
    words = f"replace({table}.search_text, ' ', ' ' || {_company_of(model, quoted, f'{table}.')})"
    cursor.execute(
        f"INSERT INTO {name} (rowid, words) SELECT {places}.id, {words}"  # noqa: S608 # nosec B608
        f" FROM {places} JOIN {table} ON {table}.{pk} = {places}.record"
    )
    for sql in triggers.values():
        cursor.execute(sql)


def _triggers(model: type[models.Model], quoted) -> dict[str, str]:
    """The SQL of the triggers that keep SQLite's index, by name."""
    name, table, pk = quoted(_index_name(model)), quoted(model._meta.db_table), quoted(model._meta.pk.column)
    places = quoted(_places_name(model))

    def words(row: str) -> str:
        return f"replace({row}.search_text, ' ', ' ' || {_company_of(model, quoted, f'{row}.')})"

    comes = (
        f"INSERT INTO {name} (rowid, words)"  # noqa: S608 # nosec B608
        f" SELECT id, {words('new')} FROM {places} WHERE record = new.{pk}"
    )
    goes = (
        f"INSERT INTO {name} ({name}, rowid, words)"  # noqa: S608 # nosec B608
        f" SELECT 'delete', id, {words('old')} FROM {places} WHERE record = old.{pk}"
    )
    company = next((quoted(field.column) for field in model._meta.fields if field.name == "company"), "")
    columns = ["search_text", company] if company else ["search_text"]
    does = {
        "INSERT": f"INSERT INTO {places} (record) VALUES (new.{pk}); {comes}",  # noqa: S608 # nosec B608
        f"UPDATE OF {', '.join(columns)}": f"{goes}; {comes}",
        "DELETE": f"{goes}; DELETE FROM {places} WHERE record = old.{pk}",  # noqa: S608 # nosec B608
    }
    found = {}
    for event, done in does.items():
        trigger = f"{_index_name(model)}_{event.split()[0].lower()}"
        differs = " OR ".join(f"old.{column} IS NOT new.{column}" for column in columns)
        when = f"WHEN {differs}" if event.startswith("UPDATE") else ""
        found[trigger] = f"CREATE TRIGGER {quoted(trigger)} AFTER {event} ON {table} {when} BEGIN {done}; END"
    return found


def purge_deleted_words() -> None:
    """Take the words that no record has any more out of the indexes. (FTS5 only notes that they are gone, until it puts
    its pieces together: a few seconds for a million records.)"""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return
    tables = connection.introspection.table_names()
    for model in apps.get_models():
        if getattr(model, "searched", ()) and _index_name(model) in tables:
            name = connection.ops.quote_name(_index_name(model))
            with connection.cursor() as cursor:
                cursor.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")  # noqa: S608 # nosec B608
