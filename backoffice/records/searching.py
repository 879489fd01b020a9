"""Finding records by the words in them: each word of what is searched for begins one of theirs, whatever its case and
its accents. `search_text` has their words, a space before each, so that any database can be asked for `" lamp"`; and
where there are many, an index says which records have a rare word, without looking at the others."""

import re
import unicodedata

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, models
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup
from django.db.models.sql.datastructures import BaseTable
from django.utils.translation import gettext_lazy as _

LONGEST_SEARCH = 200
LONGEST_WORD = 100
MOST_LETTERS = 200_000
"""As much of a record's words is kept to be searched in: PostgreSQL indexes no more than a megabyte of each."""
SHORT = 3
"""A word with fewer letters begins so many that looking them all up takes longer than looking through the records."""
RARE = 10_000
"""What more records than these have is found soon by looking through them in their order, and need not be put in order."""
_WORD = re.compile(r"[^\W_]+")


class _WithoutAccents(dict):
    """For `str.translate`: what combines with a letter goes. Each character is looked up once."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.combining(chr(code)) else code
        return self[code]


_WITHOUT_ACCENTS = _WithoutAccents()


def fold(text: str) -> str:
    """Text as searching compares it: without case and without accents, on every database alike."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()  # “™” comes apart as “TM”
    return decomposed.translate(_WITHOUT_ACCENTS)


def words_of(text: str) -> list[str]:
    """The words of a text, folded. Whatever is neither a letter nor a digit stands between words."""
    return [word[:LONGEST_WORD] for word in _WORD.findall(fold(text))]


def search_text_of(text: str) -> str:
    """What `search_text` has of a text: each of its words once."""
    return "".join(f" {word}" for word in dict.fromkeys(words_of(text)))[:MOST_LETTERS]


def validate_search(text: str) -> None:
    """Refuse a text with nothing in it to search for."""
    if not words_of(text[:LONGEST_SEARCH]):
        raise ValidationError(_("Enter at least one letter or digit to search for."), code="no_words")


def begin_of_word(word: str) -> re.Pattern:
    """Finds a folded word where it begins one in folded text."""
    return re.compile(rf"(?<![^\W_]){re.escape(word)}")


def with_words(rows: models.QuerySet, text: str) -> models.QuerySet:
    """Those of some records that have words which begin as those of a text (its first 200 characters). On SQLite it is
    looked up at once how rare they are. An empty text finds all, one without words nothing."""
    text = text[:LONGEST_SEARCH]
    words = words_of(text)
    if not words:
        return rows.none() if text else rows
    vendor = connections[rows.db].vendor
    if vendor == "postgresql":
        return rows.filter(search_text__has_words=words)
    long = [word for word in words if len(word) >= SHORT]
    if vendor == "sqlite" and long and (few := _few(rows, long)) is not None:
        rows, words = few, [word for word in words if word not in long]
    for word in words:
        rows = rows.filter(search_text__contains=f" {word}")
    return rows


def _few(rows: models.QuerySet, words: list[str]) -> models.QuerySet | None:
    """The records that have these words if they are rare, found by SQLite's index; else None."""
    connection = connections[rows.db]
    quoted = connection.ops.quote_name
    table, places = quoted(_index_name(rows.model)), quoted(_places_name(rows.model))
    asked = " AND ".join(f'"{word}"*' for word in words)
    found = f"SELECT rowid FROM {table} WHERE {table} MATCH %s"  # noqa: S608 # nosec B608 # a table's name
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT COUNT(*) FROM ({found} LIMIT {RARE + 1})", [asked])  # noqa: S608 # nosec B608
        except DatabaseError:
            return None  # a SQLite without FTS5
        (count,) = cursor.fetchone()
    if count > RARE:
        return None
    if not count:
        return rows.none()
    records = f"SELECT record FROM {places} WHERE id IN ({found})"  # noqa: S608 # nosec B608
    rows = rows.filter(pk__in=RawSQL(records, [asked]))  # noqa: S611 # nosec B611
    alias = rows.query.get_initial_alias()
    rows.query.alias_map[alias] = ById(rows.model._meta.db_table, alias)
    return rows


class ById(BaseTable):
    """A table whose rows SQLite is to find by their ids: it would rather look through all of a company, in the order of
    the list, for it takes all its indexes for equally good."""

    def as_sql(self, compiler, connection):
        sql, values = super().as_sql(compiler, connection)
        return (
            f"{sql} INDEXED BY {connection.ops.quote_name(f'sqlite_autoindex_{self.table_name}_1')}",
            values,
        )


_VECTOR = "array_to_tsvector(string_to_array(btrim({}), ' '))"


class HasWords(Lookup):
    """`search_text__has_words=["lamp"]`: PostgreSQL's index of the words (not of what its parser takes for words)."""

    lookup_name = "has_words"
    prepare_rhs = False

    def as_postgresql(self, compiler, connection):
        left, values = self.process_lhs(compiler, connection)
        return f"{_VECTOR.format(left)} @@ %s::tsquery", [
            *values,
            " & ".join(f"'{word}':*" for word in self.rhs),
        ]


models.TextField.register_lookup(HasWords)


def _index_name(model: type[models.Model]) -> str:
    return f"{model._meta.db_table}_words"


def _places_name(model: type[models.Model]) -> str:
    """The table of which row of SQLite's index has the words of which record. (The tables of records have no numbers that
    stay, and to find the row by a word, the record's id, takes FTS5 longer than to write it.)"""
    return f"{model._meta.db_table}_words_of"


def index_what_is_searched(app_config, using, **_kwargs) -> None:
    """Make the indexes of words that are not there yet, after `migrate`. (Not by a migration: SQLite's triggers go when a
    later one makes their table anew.) MongoDB has none that finds the beginnings of words, and looks through the texts."""
    connection = connections[using]
    make = {"sqlite": _index_on_sqlite, "postgresql": _index_on_postgresql}.get(connection.vendor)
    if make is None or not app_config.models_module:
        return
    tables = connection.introspection.table_names()
    for model in app_config.get_models():
        if (
            getattr(model, "searched", ())
            and model._meta.db_table in tables
            and model._meta.can_migrate(connection)
        ):
            with connection.cursor() as cursor:
                make(cursor, model, connection.ops.quote_name, tables)


def _index_on_postgresql(cursor, model, quoted, _tables) -> None:
    name, table = quoted(_index_name(model)), quoted(model._meta.db_table)
    vector = _VECTOR.format(quoted("search_text"))
    cursor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({vector})")


def _index_on_sqlite(cursor, model, quoted, tables) -> None:
    """FTS5 keeps no texts here: the triggers tell it what a record's words were. So what was not told of a change has to
    be made anew."""
    name, table, pk = quoted(_index_name(model)), quoted(model._meta.db_table), quoted(model._meta.pk.column)
    places = quoted(_places_name(model))
    triggers = {
        event: f"{_index_name(model)}_{event.split()[0].lower()}"
        for event in ("INSERT", "UPDATE OF search_text", "DELETE")
    }
    cursor.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [model._meta.db_table]
    )
    known = {row[0] for row in cursor.fetchall()}
    is_whole = {_index_name(model), _places_name(model)} <= set(tables) and known >= set(triggers.values())
    if is_whole and f"{_index_name(model)}_content" not in tables:  # (which earlier versions had)
        return
    for trigger in triggers.values():
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
    cursor.execute(
        f"INSERT INTO {name} (rowid, words) SELECT id, search_text FROM {places} JOIN {table} ON {pk} = record"  # noqa: S608 # nosec B608
    )
    comes = (
        f"INSERT INTO {name} (rowid, words)"  # noqa: S608 # nosec B608
        f" SELECT id, new.search_text FROM {places} WHERE record = new.{pk}"
    )
    goes = (
        f"INSERT INTO {name} ({name}, rowid, words)"  # noqa: S608 # nosec B608
        f" SELECT 'delete', id, old.search_text FROM {places} WHERE record = old.{pk}"
    )
    does = {
        "INSERT": f"INSERT INTO {places} (record) VALUES (new.{pk}); {comes}",  # noqa: S608 # nosec B608
        "UPDATE OF search_text": f"{goes}; {comes}",
        "DELETE": f"{goes}; DELETE FROM {places} WHERE record = old.{pk}",  # noqa: S608 # nosec B608
    }
    for event, trigger in triggers.items():
        when = "WHEN old.search_text <> new.search_text" if event.startswith("UPDATE") else ""
        cursor.execute(
            f"CREATE TRIGGER {quoted(trigger)} AFTER {event} ON {table} {when} BEGIN {does[event]}; END"
        )


def let_go_of_words() -> None:
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


def words_anew(app_label: str, *names: str):
    """For a migration: brings the texts that were kept to be searched in, before they were kept as words, up to date."""

    def write(state, schema_editor) -> None:
        connection = schema_editor.connection
        for name in names:
            model = state.get_model(app_label, name)
            if connection.vendor == "sqlite":
                connection.connection.create_function(
                    "caretaker_words", 1, search_text_of, deterministic=True
                )
                table = connection.ops.quote_name(model._meta.db_table)
                schema_editor.execute(f"UPDATE {table} SET search_text = caretaker_words(search_text)")  # noqa: S608 # nosec B608
                continue
            batch = []
            for record in model._base_manager.only("pk", "search_text").order_by().iterator(chunk_size=500):
                record.search_text = search_text_of(record.search_text)
                batch.append(record)
                if len(batch) == 500:
                    model._base_manager.bulk_update(batch, ["search_text"])
                    batch = []
            model._base_manager.bulk_update(batch, ["search_text"])

    return write
