"""XLSX and JSON files of tables. Files are written in pieces to bound memory, and are deterministic: equal
rows make equal bytes."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from tempfile import TemporaryFile

import xlsxwriter
from django.utils import timezone
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from backoffice.exchange.csv_format import PIECE_BYTES, normalize_line_ends, write_number
from backoffice.exchange.tables import Cell, value_as_text


def json_pieces(title: str, labels: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """Write an array of objects, one per line, with the labels of columns as keys."""
    return array_pieces(dict(zip(labels, map(_json_cell, row), strict=True)) for row in rows)


def _json_cell(value: Cell) -> Cell:
    if isinstance(value, date):
        return value_as_text(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def array_pieces(objects: Iterable[dict]) -> Iterator[bytes]:
    """Write a JSON array with one object per line."""
    piece, separator = "[", "\n"
    for each in objects:
        piece += separator + json.dumps(each, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        separator = ",\n"
        if len(piece) >= PIECE_BYTES:
            yield piece.encode()
            piece = ""
    yield f"{piece}\n]\n".encode()


MAX_ROWS = 1_048_576
"""The maximum number of rows in a sheet, including the header. Further rows go to another sheet."""
MAX_TEXT = 32_767
"""The maximum length of text in a cell, in UTF-16 code units."""
EXACT_DIGITS = 10**15
"""Excel keeps fifteen digits of a number and sets the others to zero."""
MIN_WIDTH, MAX_WIDTH = 8, 60
_NO_TITLE = re.compile(r"[\[\]:*?/\\]")


def xlsx_pieces(title: str, labels: list[str], rows: Iterable[list[Cell]]) -> Iterator[bytes]:
    """Write a workbook with typed numbers and dates, via a temporary file because it is a zip archive."""
    with TemporaryFile() as file:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "remove_timezone": True,
        }
        with xlsxwriter.Workbook(file, options) as book:
            book.set_properties({"title": title, "created": datetime(2000, 1, 1)})
            _write_sheets(book, _NO_TITLE.sub(" ", title), labels, rows)
        file.seek(0)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _write_sheets(book: Workbook, title: str, labels: list[str], rows: Iterable[list[Cell]]) -> None:
    bold = book.add_format({"bold": True})
    formats = {
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "lines": book.add_format({"text_wrap": True}),
    }
    rows = iter(rows)
    row = next(rows, None)
    while row is not None or not book.worksheets():
        number = len(book.worksheets()) + 1
        sheet = book.add_worksheet(title[:31] if number == 1 else f"{title[:24]} {number}")
        sheet.freeze_panes(1, 0)
        for column, label in enumerate(labels):
            sheet.write_string(0, column, label, bold)
        count, widths = 1, [len(label) for label in labels]
        while row is not None and count < MAX_ROWS:
            for column, value in enumerate(row):
                widths[column] = max(widths[column], _write_cell(sheet, count, column, value, formats))
            row, count = next(rows, None), count + 1
        sheet.autofilter(0, 0, max(count - 1, 1), len(widths) - 1)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width + 2, MIN_WIDTH), MAX_WIDTH))


def _write_cell(sheet: Worksheet, row: int, column: int, value: Cell, formats: dict) -> int:
    """Write a cell, and return its width in characters."""
    if value is None or value == "":
        return 0
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
        return 5
    if isinstance(value, date):
        if 1900 < value.year < 9999:  # Excel's calendar starts in 1900, without time zones
            is_datetime = isinstance(value, datetime)
            local = timezone.localtime(value) if is_datetime else value
            sheet.write_datetime(row, column, local, formats["moment" if is_datetime else "day"])
            return 19 if is_datetime else 10
        value = value_as_text(value)
    if isinstance(value, (int, float)):
        if isinstance(value, float) or abs(value) < EXACT_DIGITS:
            sheet.write_number(row, column, value)
            return len(write_number(value))
        value = str(value)
    text = fit_cell(normalize_line_ends(value))
    sheet.write_string(row, column, text, formats["lines"] if "\n" in text else None)
    return max(map(len, text.split("\n")))


def fit_cell(text: str) -> str:
    """Truncate text to the maximum length of a cell, with `…` at the end. Excel counts UTF-16 code units: two
    for an emoji."""
    if len(text) <= MAX_TEXT // 2 or len(text.encode("utf-16-le")) <= 2 * MAX_TEXT:
        return text
    return text.encode("utf-16-le")[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", "ignore") + "…"
