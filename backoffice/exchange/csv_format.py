"""CSV files, in the format of local spreadsheet programs or for other programs."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from itertools import chain

from backoffice.exchange.tables import Cell, value_as_text
from backoffice.records.history import local_time

PIECE_BYTES = 64 * 1024

_SIGNS = "=+\\-@＝＋－＠"
_FORMULA = re.compile(rf"(^|[;,|\t\r\n])((?:[^\S\t\r\n]|[\"\u200b-\u200f\u2060\ufeff])*)('*[{_SIGNS}])")
"""Places where a cell would start with a formula sign, whichever separator a program uses: the start of the
text, and after each character that separates cells in some locale."""
_BLANK = re.compile(r"'*[\t\r\n]")
_PHONE = re.compile(r"\+[0-9]+(?: [0-9]+)*")
"""Telephone numbers, the only text with a leading sign that is harmless and stays as it is."""
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """The separator and the format of numbers and dates in the spreadsheet programs of a locale."""

    separator: str = ","
    decimal_sign: str = "."
    day: str = "{0.year:04}-{0.month:02}-{0.day:02}"
    prefix: str = "\ufeff"
    """A byte order mark: without it, Excel reads UTF-8 as the local code page."""

    is_local: bool = True
    """Otherwise for programs: ISO 8601 in UTC, unchanged line ends."""

    def write_date(self, value: date) -> str:
        """Format a day, or a date and time in the local time zone."""
        if not self.is_local:
            return value_as_text(value)
        if not isinstance(value, datetime):
            return self.day.format(value)
        local = local_time(value)
        return f"{self.day.format(local)} {local:%H:%M:%S}"

    def write_text(self, value: str) -> str:
        return guard_formulas(normalize_line_ends(value) if self.is_local else value)


PLAIN = Conventions(prefix="", is_local=False)
CONVENTIONS = {
    "en": Conventions(),
    "da": Conventions(separator=";", decimal_sign=",", day="{0.day:02}-{0.month:02}-{0.year:04}"),
    "de": Conventions(separator=";", decimal_sign=",", day="{0.day:02}.{0.month:02}.{0.year:04}"),
}
"""By language. English locales disagree on the order of day and month, but all of them read ISO 8601."""


def conventions_of(language: str) -> Conventions:
    """Return the conventions of a language such as `da` or `de-at`."""
    return CONVENTIONS.get(language.partition("-")[0], CONVENTIONS["en"])


def guard_formulas(text: str) -> str:
    """Insert an apostrophe before each sign that would start a formula in a cell (CSV injection). Removing
    one apostrophe at each of these places restores the text."""
    if _PHONE.fullmatch(text):
        return text
    guarded = _FORMULA.sub(r"\1\2'\3", text)
    return f"'{guarded}" if _BLANK.match(guarded) else guarded


def normalize_line_ends(text: str) -> str:
    """Replace all line ends by the newlines that spreadsheets use within cells."""
    return _LINE_END.sub("\n", text)


def csv_pieces(
    title: str, labels: list[str], rows: Iterable[list[Cell]], conventions: Conventions = PLAIN
) -> Iterator[bytes]:
    """Write a table as CSV (RFC 4180 except for the separator) in UTF-8, in pieces."""
    piece = StringIO(newline="")
    piece.write(conventions.prefix)
    writer = csv.writer(piece, delimiter=conventions.separator)
    for row in chain([labels], rows):
        writer.writerow([_csv_cell(value, conventions) for value in row])
        if piece.tell() >= PIECE_BYTES:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()


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
