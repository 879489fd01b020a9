"""The staging database of an import, a temporary SQLite file: position, type, references and errors of each
document. It bounds the memory that an import takes."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from django.utils.translation import gettext as _

_TABLES = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000;
CREATE TABLE entry (seq INTEGER PRIMARY KEY, file INT, line INT, column INT, offset INT, length INT, slug TEXT, id TEXT,
    company TEXT, present INT DEFAULT 0, done INT DEFAULT 0, refused INT DEFAULT 0, stage INT,
    todo AS (NOT done AND NOT refused));
CREATE UNIQUE INDEX entry_id ON entry (slug, id);
CREATE TABLE claim (what TEXT, value, seq INT, PRIMARY KEY (what, value)) WITHOUT ROWID;
CREATE TABLE link (seq INT, target INT, field TEXT, PRIMARY KEY (seq, target, field)) WITHOUT ROWID;
CREATE INDEX link_target ON link (target);
CREATE TABLE queue (place INTEGER PRIMARY KEY, seq INT, stage INT);
CREATE TABLE error (file INT, line INT, column INT, field TEXT, message TEXT);
"""
_COLUMNS = "seq, file, line, column, offset, length, slug, id, company, present"
CHUNK = 500
CYCLE_STAGE = 100
"""The stage of documents that refer to each other in a cycle, or in a very long chain."""


@dataclass(frozen=True)
class StagedDocument:
    """A document of the run. `present`: a record with its id exists."""

    seq: int
    file: int
    line: int
    column: int
    offset: int
    length: int
    slug: str
    id: str
    company: str | None
    present: bool


class StagingDatabase:
    """The documents of a run. `done` ones were imported by an earlier attempt at the same run."""

    def __init__(self, names: list[str]):
        self.names = names
        """The names of the files in reports."""
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def add(self, file: int, part, slug: str, pk: str, company: str | None) -> str:
        """Add a document. If another one has its id already, return the position of that one, otherwise
        ""."""
        values = (file, part.line, part.column, part.offset, part.length, slug, pk, company)
        columns = "file, line, column, offset, length, slug, id, company"
        cursor = self._db.execute(
            f"INSERT OR IGNORE INTO entry ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (constants)
            values,
        )
        if cursor.rowcount:
            return ""
        return self.location(
            *self._one("SELECT file, line, column FROM entry WHERE slug = ? AND id = ?", slug, pk)
        )

    def chunks(self, mark: str = "NOT done") -> Iterator[list[StagedDocument]]:
        """Yield the entries in order, in chunks of one type."""
        query = f"SELECT {_COLUMNS} FROM entry WHERE seq > ? AND {mark} ORDER BY seq LIMIT {CHUNK}"  # noqa: S608 # nosec B608 # constants
        last = 0
        while page := self._entries(query, last):
            yield from _group_by_slug(page)
            last = page[-1].seq

    def mark(self, column: str, entries: Iterable[StagedDocument]) -> None:
        """Mark entries as `present`, `done` or `refused`."""
        self._db.executemany(
            f"UPDATE entry SET {column} = 1 WHERE seq = ?",  # noqa: S608 # nosec B608 # one of three words
            [(entry.seq,) for entry in entries],
        )

    def find_new(self, slug: str, ids: Iterable[str]) -> dict[str, StagedDocument]:
        """Return those of the ids whose records this run is going to create, with their entries."""
        found = {}
        for pk in ids:
            query = f"SELECT {_COLUMNS} FROM entry WHERE slug = ? AND id = ? AND present = 0 AND done = 0"  # noqa: S608 # nosec B608 # constants
            for entry in self._entries(query, slug, pk):
                found[pk] = entry
        return found

    def claim(self, scope: str, value, entry: StagedDocument, should_claim: bool) -> str:
        """Return the position of another document with the same unique value. If there is none, return "",
        and claim the value for the entry if `should_claim` is set."""
        holder = self._one(
            "SELECT file, line, column FROM entry JOIN claim USING (seq) WHERE what = ? AND value = ? AND seq <> ?",
            scope,
            value,
            entry.seq,
        )
        if holder is None and should_claim:
            self._db.execute("INSERT OR IGNORE INTO claim VALUES (?, ?, ?)", (scope, value, entry.seq))
        return self.location(*holder) if holder else ""

    def location(self, file: int, line: int, column: int) -> str:
        words = {"file": self.names[file], "line": line, "column": column}
        if column > 1:
            return _("%(file)s, line %(line)s, column %(column)s") % words
        return _("%(file)s, line %(line)s") % words

    def link(self, entry: StagedDocument, target: StagedDocument, field: str) -> None:
        """Note that a document refers to another one of the run, which has to be written before."""
        if target.seq != entry.seq:
            self._db.execute("INSERT OR IGNORE INTO link VALUES (?, ?, ?)", (entry.seq, target.seq, field))

    def add_error(self, file: int, part, field: str, message: str) -> None:
        """Add an error at the `line` and `column` of a part of a file."""
        values = (file, part.line, part.column, field, message)
        self._db.execute("INSERT INTO error VALUES (?, ?, ?, ?, ?)", values)

    def errors(self) -> Iterator[tuple[str, str, str]]:
        """Yield (position, property, message) of all errors in the order of the files. Positions have the
        format of compilers, which editors understand, without the column at the start of a line."""
        for file, line, column, field, message in self._db.execute(
            "SELECT * FROM error ORDER BY file, line, column, rowid"
        ):
            position = f"{self.names[file]}:{line}"
            yield f"{position}:{column}" if column > 1 else position, field, message

    def find_refused_references(self) -> Iterator[tuple[StagedDocument, str, str]]:
        """Yield the entries that refer to refused ones, with the property and the position of the refused
        one. The caller must refuse each entry, or the iteration does not end."""
        query = (
            f"SELECT {_entry_columns()}, field, other.file, other.line, other.column FROM link JOIN entry USING (seq) "  # noqa: S608 # nosec B608 # constants
            "JOIN entry other ON other.seq = link.target WHERE other.refused AND NOT entry.refused LIMIT 1"
        )
        while row := self._one(query):
            *columns, field, file, line, column = row
            yield StagedDocument(*columns), field, self.location(file, line, column)

    def count(self, mark: str = "1") -> int:
        """Return the number of entries with a condition such as `done` or `NOT refused`."""
        return self._one(f"SELECT count(*) FROM entry WHERE {mark}")[0]  # noqa: S608 # nosec B608 # constants

    def highest_numbers(self, below: int) -> Iterator[tuple[str, str, int]]:
        """Yield (slug, company, number): the highest number of new records in each series."""
        query = (
            "SELECT what, max(value) FROM claim JOIN entry USING (seq) WHERE what LIKE '% number %' AND value < ? "
            "AND todo AND NOT present GROUP BY what"
        )
        for what, number in self._db.execute(query, (below,)):
            slug, _number, company = what.split(" ")
            yield slug, company, number

    def order(self) -> None:
        """Queue the entries to write, each after those that it refers to (topological order). Entries without
        references to them come last; those in cycles stay together in between."""
        targets = (
            "SELECT 1 FROM link JOIN entry other ON other.seq = link.target WHERE link.seq = entry.seq "
            "AND other.todo AND coalesce(other.stage, :stage) = :stage"
        )
        referrers = (
            "SELECT 1 FROM link JOIN entry other ON other.seq = link.seq WHERE link.target = entry.seq "
            "AND other.todo AND coalesce(other.stage, :stage) = :stage"
        )
        for links, stages in (
            (targets, range(1, CYCLE_STAGE)),
            (referrers, range(2 * CYCLE_STAGE, CYCLE_STAGE, -1)),
        ):
            for stage in stages:
                free = (
                    f"UPDATE entry SET stage = :stage WHERE stage IS NULL AND todo AND NOT EXISTS ({links})"  # noqa: S608 # nosec B608 # constants
                )
                if not self._db.execute(free, {"stage": stage}).rowcount:
                    break
        self._db.execute(
            "INSERT INTO queue (seq, stage) SELECT seq, coalesce(stage, ?) FROM entry WHERE todo ORDER BY 2, 1",
            (CYCLE_STAGE,),
        )

    def batches(self, size: Callable[[], int | None]) -> Iterator[tuple[int, int]]:
        """Yield the first and last place in the queue of each batch. `size()` returns the number of documents
        of the next batch, or None for all. A cycle is one batch, however large."""
        place, end = 1, self._one("SELECT max(place) FROM queue")[0] or 0
        cycle = "SELECT max(place) FROM queue WHERE stage = ? AND place >= ? AND ? >= (SELECT min(place) FROM queue WHERE stage = ?)"
        while place <= end:
            count = size()
            last = end if count is None else min(place + count - 1, end)
            last = max(last, self._one(cycle, CYCLE_STAGE, place, last, CYCLE_STAGE)[0] or 0)
            yield place, last
            place = last + 1

    def pieces(self, first: int, last: int) -> Iterator[list[StagedDocument]]:
        """Yield the entries between two places in the queue in order, in chunks of one type."""
        query = f"SELECT {_entry_columns()} FROM queue JOIN entry USING (seq) WHERE place BETWEEN ? AND ? ORDER BY place"  # noqa: S608 # nosec B608 # constants
        for place in range(first, last + 1, CHUNK):
            yield from _group_by_slug(self._entries(query, place, min(place + CHUNK - 1, last)))

    def _one(self, query: str, *values):
        return self._db.execute(query, values).fetchone()

    def _entries(self, query: str, *values) -> list[StagedDocument]:
        return [StagedDocument(*row) for row in self._db.execute(query, values)]


def _group_by_slug(page: list[StagedDocument]) -> Iterator[list[StagedDocument]]:
    for _slug, entries in groupby(page, attrgetter("slug")):
        yield list(entries)


def _entry_columns() -> str:
    return ", ".join(f"entry.{name}" for name in _COLUMNS.split(", "))
