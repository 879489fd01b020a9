"""A scanner for the positions of documents in a file: a JSON array, or JSON lines. It never holds a whole
file in memory; the API's parser parses the documents one by one."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.translation import gettext as _

PIECE_BYTES = 256 * 1024
MAX_BYTES = 16 * 1024 * 1024
"""The maximum size of a document, that of MongoDB. It is larger than that of a request body, because exported
documents have grown by ids, stamps and comments."""

_STRUCTURE = re.compile(rb'["{}\[\]\n]')
_IN_TEXT = re.compile(rb'["\\\n]')
_BETWEEN = re.compile(rb"[^ \t\r]")
_END_OF_LINE = re.compile(rb"\n")


@dataclass(frozen=True)
class JsonPart:
    """The position of a document in a file, or of an error (`error`). Columns count bytes from 1."""

    line: int
    column: int
    offset: int
    length: int
    error: str = ""


class _Scanner:
    """Scans a file once. After an error it resumes at the next line that starts with a brace: indented lines
    belong to a document."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.piece = b""
        self.base = 0
        self.at = 0
        """The position in the piece; `base` is the position of the piece in the file."""
        self.line = 1
        self.line_start = 0

    @property
    def offset(self) -> int:
        return self.base + self.at

    def find(self, pattern: re.Pattern) -> bytes:
        """Advance past the next match and return it, or empty bytes at the end of the file."""
        while True:
            if found := pattern.search(self.piece, self.at):
                self.at = found.end()
                if found[0] == b"\n":
                    self.line += 1
                    self.line_start = self.offset
                return found[0]
            if not self._next_piece():
                return b""

    def peek(self) -> bytes:
        """Return the next byte without advancing."""
        if self.at == len(self.piece) and not self._next_piece():
            return b""
        return self.piece[self.at : self.at + 1]

    def _next_piece(self) -> bool:
        self.base += len(self.piece)
        self.piece, self.at = self.file.read(PIECE_BYTES), 0
        return bool(self.piece)

    def skip_bom(self) -> None:
        self.peek()
        if self.piece.startswith(codecs.BOM_UTF8):
            self.at = self.line_start = len(codecs.BOM_UTF8)


def parts(file: BinaryIO) -> Iterator[JsonPart]:
    """Yield the documents of a file, and the errors between them."""
    scan = _Scanner(file)
    scan.skip_bom()
    in_array = is_closed = False
    has_started, since_document = False, ""
    while found := scan.find(_BETWEEN):
        place = scan.line, scan.offset - scan.line_start, scan.offset - 1
        if found == b"\n":
            continue
        if found == b"{" and not is_closed:
            if in_array and not since_document:
                yield JsonPart(*place, 0, _("A comma is missing before this document."))
            yield _document(scan, *place)
            since_document = ""
        elif found == b"[" and not has_started:
            in_array, since_document = True, "["
        elif found == b"," and in_array and not is_closed and not since_document:
            since_document = ","
        elif found == b"]" and in_array and not is_closed:
            if since_document == ",":
                yield JsonPart(*place, 0, _("A document is missing after this comma."))
            is_closed = True
        else:
            trailing = _("There is something after the end of the array.")
            yield JsonPart(*place, 0, trailing if is_closed else _("This is not a JSON object."))
            scan.find(_END_OF_LINE)
            since_document = "?"
        has_started = True
    if in_array and not is_closed:
        message = _("The array does not end: the file is incomplete.")
        yield JsonPart(scan.line, scan.offset - scan.line_start + 1, scan.offset, 0, message)


def _document(scan: _Scanner, line: int, column: int, start: int) -> JsonPart:
    """Scan the rest of an object after its opening brace. A broken one ends where the next starts."""
    depth = 1
    while depth:
        found = scan.find(_STRUCTURE)
        if found == b'"':
            found = _skip_text(scan)
        if found in (b"{", b"["):
            depth += 1
        elif found in (b"}", b"]"):
            depth -= 1
        elif not found or (found == b"\n" and scan.peek() == b"{"):
            return JsonPart(line, column, start, 0, _("This document does not end."))
    length = scan.offset - start
    error = _("This document is larger than 16 MiB.") if length > MAX_BYTES else ""
    return JsonPart(line, column, start, length, error)


def _skip_text(scan: _Scanner) -> bytes:
    """Advance past the rest of a string, and return what ended it: its quotation mark, or the end of the line
    or file, which the parser reports later."""
    while (found := scan.find(_IN_TEXT)) == b"\\":
        if scan.peek() not in (b"\n", b""):
            scan.at += 1
    return found
