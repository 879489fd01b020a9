"""CSV files, as the spreadsheets of their readers have them, and as programs do."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from backoffice.exchange.tables import Cell, value_as_text
from backoffice.records.history import local_time

PIECE = 64 * 1024

_SIGNS = "=+\\-@＝＋－＠"
_FORMULA = re.compile(rf"(^|[;,|\t\r\n])((?:[^\S\t\r\n]|[\"\u200b-\u200f\u2060\ufeff])*)('*[{_SIGNS}])")
"""Where a cell would begin with a sign of a formula, whatever separates cells for whoever opens the file: at the beginning,
and behind each character that separates cells somewhere."""
_BLANK = re.compile(r"'*[\t\r\n]")
_PHONE = re.compile(r"\+[0-9]+(?: [0-9]+)*")
"""Is no formula, whoever opens it: the one beginning with a sign that is left as it is."""
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """How the spreadsheet of a reader has numbers and dates, and what separates its cells."""

    separator: str = ","
    decimal_sign: str = "."
    day: str = "{0.year:04}-{0.month:02}-{0.day:02}"
    begins: str = "\ufeff"
    """A byte order mark: without one Excel takes UTF-8 for the local code page."""

    def write_date(self, value: date) -> str:
        """A day; a moment in the local time zone."""
        if not isinstance(value, datetime):
            return self.day.format(value)
        local = local_time(value)
        return f"{self.day.format(local)} {local:%H:%M:%S}"

    def write_text(self, value: str) -> str:
        return guard_formulas(one_line_end(value))


class PlainConventions(Conventions):
    """For programs: ISO 8601 in UTC, texts with the line ends that they have, no byte order mark."""

    def write_date(self, value: date) -> str:
        return value_as_text(value)

    def write_text(self, value: str) -> str:
        return guard_formulas(value)


PLAIN = PlainConventions(begins="")
CONVENTIONS = {
    "en": Conventions(),
    "da": Conventions(separator=";", decimal_sign=",", day="{0.day:02}-{0.month:02}-{0.year:04}"),
    "de": Conventions(separator=";", decimal_sign=",", day="{0.day:02}.{0.month:02}.{0.year:04}"),
}
"""By the language of the reader. (English spreadsheets have days and months in either order, and read ISO 8601 everywhere.)"""


def conventions_of(language: str) -> Conventions:
    """Those of a language such as `da` or `de-at`."""
    return CONVENTIONS.get(language.partition("-")[0], CONVENTIONS["en"])


def guard_formulas(text: str) -> str:
    """The text with an apostrophe before each sign that would make a formula of a cell. Taking one apostrophe away at each
    of these places gives the text back."""
    if _PHONE.fullmatch(text):
        return text
    guarded = _FORMULA.sub(r"\1\2'\3", text)
    return f"'{guarded}" if _BLANK.match(guarded) else guarded


def one_line_end(text: str) -> str:
    """The text with one kind of line end, which spreadsheets have within a cell."""
    return _LINE_END.sub("\n", text)


class _Line:
    """What csv writes into, and what it wrote last."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def csv_pieces(
    title: str, labels: list[str], rows: Iterable[list[Cell]], conventions: Conventions = PLAIN
) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, but for what separates cells."""
    line = _Line()
    writer = csv.writer(line, delimiter=conventions.separator)
    piece = conventions.begins
    for row in _with_head(labels, rows):
        writer.writerow([_csv_cell(value, conventions) for value in row])
        piece += line.text
        if len(piece) >= PIECE:
            yield piece.encode()
            piece = ""
    yield piece.encode()


def _with_head(labels, rows):
    yield labels
    yield from rows


def _csv_cell(value: Cell, conventions: Conventions) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return conventions.write_date(value)
    if isinstance(value, (int, float)):
        return write_number(value).replace(".", conventions.decimal_sign)
    return conventions.write_text(value)


def write_number(value: int | float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
