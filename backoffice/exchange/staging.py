"""What is known of the documents of an import while it runs, in a temporary file: where each stands, what it is, what
it points at, what is wrong with it. So memory does not grow with what is imported."""

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
CREATE TABLE offence (file INT, line INT, column INT, field TEXT, message TEXT);
"""
_COLUMNS = "seq, file, line, column, offset, length, slug, id, company, present"
CHUNK = 500
CIRCLES = 100
"""The stage of what points at each other in a circle, or in a chain too long to be worth untangling."""


@dataclass(frozen=True)
class StagedDocument:
    """A document of the run. `present`: a record with its id is there already."""

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
    """`done` entries were taken by an earlier attempt at the same run."""

    def __init__(self, names: list[str]):
        self.names = names
        """What the files are called in reports."""
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def add(self, file: int, part, slug: str, pk: str, company: str | None) -> str:
        """Enter a document; where the one is that has its id already, if there is one."""
        values = (file, part.line, part.column, part.offset, part.length, slug, pk, company)
        columns = "file, line, column, offset, length, slug, id, company"
        cursor = self._db.execute(
            f"INSERT OR IGNORE INTO entry ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (constants)
            values,
        )
        if cursor.rowcount:
            return ""
        return self.where(
            *self._one("SELECT file, line, column FROM entry WHERE slug = ? AND id = ?", slug, pk)
        )

    def chunks(self, mark: str = "NOT done") -> Iterator[list[StagedDocument]]:
        """The entries in their order, some of one kind at a time."""
        query = f"SELECT {_COLUMNS} FROM entry WHERE seq > ? AND {mark} ORDER BY seq LIMIT {CHUNK}"  # noqa: S608 # nosec B608 # constants
        last = 0
        while page := self._entries(query, last):
            yield from _by_kind(page)
            last = page[-1].seq

    def mark(self, column: str, entries: Iterable[StagedDocument]) -> None:
        """Say of entries that they are `present`, `done` or `refused`."""
        self._db.executemany(
            f"UPDATE entry SET {column} = 1 WHERE seq = ?",  # noqa: S608 # nosec B608 # one of three words
            [(entry.seq,) for entry in entries],
        )

    def coming(self, slug: str, ids: Iterable[str]) -> dict[str, StagedDocument]:
        """The records that this run is going to make, of those with these ids."""
        found = {}
        for pk in ids:
            query = f"SELECT {_COLUMNS} FROM entry WHERE slug = ? AND id = ? AND present = 0 AND done = 0"  # noqa: S608 # nosec B608 # constants
            for entry in self._entries(query, slug, pk):
                found[pk] = entry
        return found

    def claim(self, what: str, value, entry: StagedDocument, take: bool) -> str:
        """Where the document stands that has a value which only one record may have; if there is none, the value may
        be taken."""
        holder = self._one(
            "SELECT file, line, column FROM entry JOIN claim USING (seq) WHERE what = ? AND value = ? AND seq <> ?",
            what,
            value,
            entry.seq,
        )
        if holder is None and take:
            self._db.execute("INSERT OR IGNORE INTO claim VALUES (?, ?, ?)", (what, value, entry.seq))
        return self.where(*holder) if holder else ""

    def where(self, file: int, line: int, column: int) -> str:
        words = {"file": self.names[file], "line": line, "column": column}
        if column > 1:
            return _("%(file)s, line %(line)s, column %(column)s") % words
        return _("%(file)s, line %(line)s") % words

    def link(self, entry: StagedDocument, target: StagedDocument, field: str) -> None:
        """A document points at another one of the run, which has to be there when this one is written."""
        if target.seq != entry.seq:
            self._db.execute("INSERT OR IGNORE INTO link VALUES (?, ?, ?)", (entry.seq, target.seq, field))

    def offend(self, file: int, place, field: str, message: str) -> None:
        """Something is wrong with what has this place (`line` and `column`) in a file."""
        values = (file, place.line, place.column, field, message)
        self._db.execute("INSERT INTO offence VALUES (?, ?, ?, ?, ?)", values)

    def offences(self) -> Iterator[tuple[str, str, str]]:
        """(place, property, message) of everything that is wrong, as it stands in the files. Places are written as
        compilers do, so editors can go there; the column is left out for what begins a line."""
        for file, line, column, field, message in self._db.execute(
            "SELECT * FROM offence ORDER BY file, line, column, rowid"
        ):
            place = f"{self.names[file]}:{line}"
            yield f"{place}:{column}" if column > 1 else place, field, message

    def stranded(self) -> Iterator[tuple[StagedDocument, str, str]]:
        """The entries that point at refused ones, with the property and where that one stands, until there are no
        more: whoever gets one refuses it."""
        query = (
            f"SELECT {_of_entry()}, field, other.file, other.line, other.column FROM link JOIN entry USING (seq) "  # noqa: S608 # nosec B608 # constants
            "JOIN entry other ON other.seq = link.target WHERE other.refused AND NOT entry.refused LIMIT 1"
        )
        while row := self._one(query):
            *columns, field, file, line, column = row
            yield StagedDocument(*columns), field, self.where(file, line, column)

    def count(self, mark: str = "1") -> int:
        """How many entries there are, such as `done` or `NOT refused` ones."""
        return self._one(f"SELECT count(*) FROM entry WHERE {mark}")[0]  # noqa: S608 # nosec B608 # constants

    def highest(self, below: int) -> Iterator[tuple[str, str, int]]:
        """(slug, company, number): the highest number that new records of a series bring."""
        query = (
            "SELECT what, max(value) FROM claim JOIN entry USING (seq) WHERE what LIKE '% number %' AND value < ? "
            "AND todo AND NOT present GROUP BY what"
        )
        for what, number in self._db.execute(query, (below,)):
            slug, _number, company = what.split(" ")
            yield slug, company, number

    def line_up(self) -> None:
        """Bring what is to be written into an order in which it can be: each after what it points at. What nobody
        points at comes last; what points at each other in a circle stays together between the two."""
        ahead = (
            "SELECT 1 FROM link JOIN entry other ON other.seq = link.target WHERE link.seq = entry.seq "
            "AND other.todo AND coalesce(other.stage, :stage) = :stage"
        )
        behind = (
            "SELECT 1 FROM link JOIN entry other ON other.seq = link.seq WHERE link.target = entry.seq "
            "AND other.todo AND coalesce(other.stage, :stage) = :stage"
        )
        for points, stages in ((ahead, range(1, CIRCLES)), (behind, range(2 * CIRCLES, CIRCLES, -1))):
            for stage in stages:
                free = (
                    f"UPDATE entry SET stage = :stage WHERE stage IS NULL AND todo AND NOT EXISTS ({points})"  # noqa: S608 # nosec B608 # constants
                )
                if not self._db.execute(free, {"stage": stage}).rowcount:
                    break
        self._db.execute(
            "INSERT INTO queue (seq, stage) SELECT seq, coalesce(stage, ?) FROM entry WHERE todo ORDER BY 2, 1",
            (CIRCLES,),
        )

    def batches(self, size: Callable[[], int | None]) -> Iterator[tuple[int, int]]:
        """The first and the last place in the line of each batch: all of it, or as many documents as `size` says before
        each; a circle is one batch, however large."""
        place, end = 1, self._one("SELECT max(place) FROM queue")[0] or 0
        circle = "SELECT max(place) FROM queue WHERE stage = ? AND place >= ? AND ? >= (SELECT min(place) FROM queue WHERE stage = ?)"
        while place <= end:
            count = size()
            last = end if count is None else min(place + count - 1, end)
            last = max(last, self._one(circle, CIRCLES, place, last, CIRCLES)[0] or 0)
            yield place, last
            place = last + 1

    def pieces(self, first: int, last: int) -> Iterator[list[StagedDocument]]:
        """The entries between two places in the line, in their order, some of one kind at a time."""
        columns = ", ".join(f"entry.{name}" for name in _COLUMNS.split(", "))
        query = (
            f"SELECT {columns} FROM queue JOIN entry USING (seq) WHERE place BETWEEN ? AND ? ORDER BY place"  # noqa: S608 # nosec B608 # constants
        )
        for place in range(first, last + 1, CHUNK):
            yield from _by_kind(self._entries(query, place, min(place + CHUNK - 1, last)))

    def _one(self, query: str, *values):
        return self._db.execute(query, values).fetchone()

    def _entries(self, query: str, *values) -> list[StagedDocument]:
        return [StagedDocument(*row) for row in self._db.execute(query, values)]


def _by_kind(page: list[StagedDocument]) -> Iterator[list[StagedDocument]]:
    for _slug, entries in groupby(page, attrgetter("slug")):
        yield list(entries)


def _of_entry() -> str:
    return ", ".join(f"entry.{name}" for name in _COLUMNS.split(", "))
