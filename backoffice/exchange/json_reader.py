"""Where the documents in a file are: an array of them, or one after the other (JSON lines). Only places are told,
never a whole file held: the documents themselves are parsed one by one, by the JSON doors' own parser."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

PIECE = 256 * 1024
MAX_BYTES = 16 * 1024 * 1024
"""A document grows after it was sent, by its ids, its stamps, and one comment after the other. This is also as much as
one of MongoDB's has."""

_STRUCTURE = re.compile(rb'["{}\[\]\n]')
_IN_TEXT = re.compile(rb'["\\\n]')
_BETWEEN = re.compile(rb"[^ \t\r]")
_END_OF_LINE = re.compile(rb"\n")


@dataclass(frozen=True)
class JsonPart:
    """A document's place in a file, or with a `fault` where something else is. Columns count bytes from 1."""

    line: int
    column: int
    offset: int
    length: int
    fault: str = ""


class _Scanner:
    """Walks through a file once. What is no document is told by its line; the next one is found again, because a
    line that starts with a brace starts a document (what is written in several lines is indented)."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.piece = b""
        self.base = 0
        self.at = 0
        """Where in the piece the scanner is; `base` is where the piece is in the file."""
        self.line = 1
        self.line_began = 0

    @property
    def offset(self) -> int:
        return self.base + self.at

    def find(self, pattern: re.Pattern) -> bytes:
        """The next match, which is passed; empty at the end of the file."""
        while True:
            if found := pattern.search(self.piece, self.at):
                self.at = found.end()
                if found[0] == b"\n":
                    self.line += 1
                    self.line_began = self.offset
                return found[0]
            if not self._next_piece():
                return b""

    def peek(self) -> bytes:
        """The next byte, which is not passed."""
        if self.at == len(self.piece) and not self._next_piece():
            return b""
        return self.piece[self.at : self.at + 1]

    def _next_piece(self) -> bool:
        self.base += len(self.piece)
        self.piece, self.at = self.file.read(PIECE), 0
        return bool(self.piece)

    def skip_mark(self) -> None:
        """A byte order mark has no meaning at the beginning of a file."""
        self.peek()
        if self.piece.startswith(codecs.BOM_UTF8):
            self.at = self.line_began = len(codecs.BOM_UTF8)


def parts(file: BinaryIO) -> Iterator[JsonPart]:
    """The documents of a file, and what in it is none."""
    scan = _Scanner(file)
    scan.skip_mark()
    inside = closed = False
    begun, between = False, ""  # what was passed since the last document
    while found := scan.find(_BETWEEN):
        place = scan.line, scan.offset - scan.line_began, scan.offset - 1
        if found == b"\n":
            continue
        if found == b"{" and not closed:
            if inside and not between:
                yield JsonPart(*place, 0, _("A comma is missing before this document."))
            yield _document(scan, *place)
            between = ""
        elif found == b"[" and not begun:
            inside, between = True, "["
        elif found == b"," and inside and not closed and not between:
            between = ","
        elif found == b"]" and inside and not closed:
            if between == ",":
                yield JsonPart(*place, 0, _("There is a comma, and no document after it."))
            closed = True
        else:
            after_all = _("There is something after the end of the array.")
            yield JsonPart(*place, 0, after_all if closed else _("This is no JSON object."))
            scan.find(_END_OF_LINE)
            between = "?"
        begun = True
    if inside and not closed:
        yield JsonPart(
            scan.line,
            scan.offset - scan.line_began + 1,
            scan.offset,
            0,
            _("The array does not end: the file is cut off."),
        )


def _document(scan: _Scanner, line: int, column: int, start: int) -> JsonPart:
    """The rest of an object whose brace was passed. One that is broken ends where the next begins."""
    depth = 1
    while depth:
        found = scan.find(_STRUCTURE)
        if found == b'"':
            found = _text(scan)
        if found in (b"{", b"["):
            depth += 1
        elif found in (b"}", b"]"):
            depth -= 1
        elif not found or (found == b"\n" and scan.peek() == b"{"):
            return JsonPart(line, column, start, 0, _("This document does not end."))
    length = scan.offset - start
    fault = _("This document is larger than 16 MiB.") if length > MAX_BYTES else ""
    return JsonPart(line, column, start, length, fault)


def _text(scan: _Scanner) -> bytes:
    """Pass the rest of a text, and say what ended it: its quotation mark, or (which the parser will say is wrong) the
    end of the line or of the file."""
    while (found := scan.find(_IN_TEXT)) == b"\\":
        if scan.peek() not in (b"\n", b""):
            scan.at += 1
    return found
