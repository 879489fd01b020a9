"""Recognition of documents by content: PDF, plain text and Office."""

import codecs
import io
import re
import zipfile
from xml.etree import ElementTree  # nosec B405 # in a process with limits; a document type is refused

from backoffice.uploads.decoder.exceptions import DAMAGED, MACROS, OLD_OFFICE, UNKNOWN, DecodingRefused

BEFORE_PDF = 1024
"""PDF readers search this many bytes for the header."""
MAX_XML = 4 * 1024 * 1024
MAX_ENTRIES = 10_000

_FOLDERS = {"word/": "WORD", "xl/": "EXCEL", "ppt/": "POWERPOINT"}
_TYPES = "[content_types].xml"
_MACROS = re.compile(r"macro|vba|activex", re.IGNORECASE)
"""Parts of the content types and relationship types of programs in Office files: VBA projects, macro-enabled
workbooks and templates, Excel 4 macro sheets, controls."""
_PROGRAM = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURE = (b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
_MARKUP = re.compile(r"\ufeff?\s*<[A-Za-z!?/]")
_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
"""Except bell, backspace, tab, line ends, form feed and escape, which occur in terminal logs."""


def read_document(data: bytes) -> tuple[str, str]:
    """Return (kind, charset of a text) of a document. Raises DecodingRefused."""
    if _is_pdf(data):
        return "PDF", ""
    if data.startswith(b"PK\x03\x04"):
        return _detect_office(data), ""
    if data.startswith(_OLE):
        raise DecodingRefused(OLD_OFFICE)
    return "TEXT", _detect_charset(data)


def _is_pdf(data: bytes) -> bool:
    """Return whether the file has a PDF header, at its beginning or behind the bytes that some programs write
    before it."""
    offset = data[: BEFORE_PDF + 5].find(b"%PDF-")
    if offset < 1:
        return offset == 0
    before = data[:offset]
    if before.startswith((*_PROGRAM, _OLE, *_PICTURE)) or _MARKUP.match(
        before.decode("latin-1").lstrip("ï»¿")
    ):
        return False
    return b"%%EOF" in data[-BEFORE_PDF:] or b"startxref" in data[-BEFORE_PDF:]


def _detect_office(data: bytes) -> str:
    """Return the kind of Office document. Reads the archive's directory and the lists of its parts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename.lower() for entry in entries]
            if names.count(_TYPES) != 1 or len(entries) > MAX_ENTRIES:
                raise DecodingRefused(UNKNOWN)
            if any(name.endswith("vbaproject.bin") for name in names):
                raise DecodingRefused(MACROS)
            remaining = MAX_XML
            for entry in entries:
                name = entry.filename.lower()
                if name == _TYPES or name.endswith(".rels"):
                    remaining -= _check_parts(archive, entry, remaining)
    except DecodingRefused:
        raise
    except Exception:  # zipfile raises many kinds of exceptions for invalid archives
        raise DecodingRefused(DAMAGED) from None
    kinds = {kind for folder, kind in _FOLDERS.items() if any(name.startswith(folder) for name in names)}
    if len(kinds) != 1:
        raise DecodingRefused(UNKNOWN)
    return kinds.pop()


def _check_parts(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> int:
    """Refuse the file if a list of parts contains a program. Returns the length of the list."""
    with archive.open(entry) as file:
        text = file.read(limit + 1)
    if len(text) > limit:
        raise DecodingRefused(DAMAGED)
    parser = ElementTree.XMLPullParser(("start",))  # nosec B314 # see above
    if b"<!DOCTYPE" in text.replace(b"\0", b""):
        raise DecodingRefused(DAMAGED)
    parser.feed(text)
    parser.close()
    for _event, element in parser.read_events():
        part_types = [element.get("ContentType", ""), element.get("Type", "").rpartition("/")[2]]
        if any(map(_MACROS.search, part_types)):
            raise DecodingRefused(MACROS)
    return len(text)


def _detect_charset(data: bytes) -> str:
    """Return the charset of a plain text: UTF-8, UTF-16 or Windows-1252. Refuses files that contain control
    characters or begin like markup or a picture."""
    if data.startswith(_PICTURE):
        raise DecodingRefused(UNKNOWN)
    for charset in _charsets(data):
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        # DOS ends a text with Ctrl-Z.
        if _CONTROL.search(text.removesuffix("\x1a")) or _MARKUP.match(text):
            break
        return charset
    raise DecodingRefused(UNKNOWN)


def _charsets(data: bytes) -> list[str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if b"\0" not in data:
        return ["utf-8", "windows-1252"]
    # In UTF-16, every second byte of Latin letters is null.
    half = len(data) // 2
    if len(data) % 2 == 0 and data[1::2].count(0) > half / 2:
        return ["utf-16-le"]
    if len(data) % 2 == 0 and data[::2].count(0) > half / 2:
        return ["utf-16-be"]
    return []
