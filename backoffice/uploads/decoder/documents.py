"""Documents: PDF, plain text and Office, told by their content."""

import codecs
import io
import re
import zipfile
from xml.etree import ElementTree  # nosec B405 # in a process with limits; a document type is refused

from backoffice.uploads.decoder.exceptions import DAMAGED, MACROS, OLD_OFFICE, UNKNOWN, DecodingRefused

BEFORE_PDF = 1024
"""Readers look for the header of a PDF in as many bytes."""
MAX_XML = 4 * 1024 * 1024
MAX_ENTRIES = 10_000

_FOLDERS = {"word/": "WORD", "xl/": "EXCEL", "ppt/": "POWERPOINT"}
_TYPES = "[content_types].xml"
_MACROS = re.compile(r"macro|vba|activex", re.IGNORECASE)
"""What types of content and relations of parts with programs in them have in their names: VBA projects, workbooks and
templates that take them, Excel's older macro sheets, controls."""
_PROGRAM = (b"MZ", b"\x7fELF", b"#!", b"PK\x03\x04", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURE = (b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"RIFF")
_MARKUP = re.compile(r"\ufeff?\s*<[A-Za-z!?/]")
_CONTROL = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
"""Without bell, backspace, tab, line ends, form feed and escape: logs of terminals have them."""


def read_document(data: bytes) -> tuple[str, str]:
    """(kind, charset of a text) of a document. Raises Refused."""
    if _is_pdf(data):
        return "PDF", ""
    if data.startswith(b"PK\x03\x04"):
        return _office(data), ""
    if data.startswith(_OLE):
        raise DecodingRefused(OLD_OFFICE)
    return "TEXT", _charset(data)


def _is_pdf(data: bytes) -> bool:
    """Whether it has the header of a PDF, at its beginning or behind what some programs write before it."""
    at = data[: BEFORE_PDF + 5].find(b"%PDF-")
    if at < 1:
        return at == 0
    before = data[:at]
    if before.startswith((*_PROGRAM, _OLE, *_PICTURE)) or _MARKUP.match(
        before.decode("latin-1").lstrip("ï»¿")
    ):
        return False
    return b"%%EOF" in data[-BEFORE_PDF:] or b"startxref" in data[-BEFORE_PDF:]


def _office(data: bytes) -> str:
    """The kind of Office document. Reads the archive's directory, and the lists of what its parts are."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename.lower() for entry in entries]
            if names.count(_TYPES) != 1 or len(entries) > MAX_ENTRIES:
                raise DecodingRefused(UNKNOWN)
            if any(name.endswith("vbaproject.bin") for name in names):
                raise DecodingRefused(MACROS)
            left = MAX_XML
            for entry in entries:
                name = entry.filename.lower()
                if name == _TYPES or name.endswith(".rels"):
                    left -= _check_parts(archive, entry, left)
    except DecodingRefused:
        raise
    except Exception:  # the library raises nearly anything for what is no archive
        raise DecodingRefused(DAMAGED) from None
    kinds = {kind for folder, kind in _FOLDERS.items() if any(name.startswith(folder) for name in names)}
    if len(kinds) != 1:
        raise DecodingRefused(UNKNOWN)
    return kinds.pop()


def _check_parts(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> int:
    """Refuse a list of parts that names one with a program in it; how long the list is."""
    with archive.open(entry) as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise DecodingRefused(DAMAGED)
    parser = ElementTree.XMLPullParser(("start",))  # nosec B314 # see above
    if b"<!DOCTYPE" in text.replace(b"\0", b""):
        raise DecodingRefused(DAMAGED)
    parser.feed(text)
    parser.close()
    for _event, element in parser.read_events():
        told = [element.get("ContentType", ""), element.get("Type", "").rpartition("/")[2]]
        if any(map(_MACROS.search, told)):
            raise DecodingRefused(MACROS)
    return len(text)


def _charset(data: bytes) -> str:
    """The charset of a plain text: UTF-8, UTF-16 or Windows-1252. Refused is what has control characters, and what
    begins like a page or a picture."""
    if data.startswith(_PICTURE):
        raise DecodingRefused(UNKNOWN)
    for charset in _charsets(data):
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        # A last Ctrl-Z is how DOS ends a text.
        if _CONTROL.search(text.removesuffix("\x1a")) or _MARKUP.match(text):
            break
        return charset
    raise DecodingRefused(UNKNOWN)


def _charsets(data: bytes) -> list[str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if b"\0" not in data:
        return ["utf-8", "windows-1252"]
    # Latin letters in UTF-16 have a null as every second byte.
    half = len(data) // 2
    if len(data) % 2 == 0 and data[1::2].count(0) > half / 2:
        return ["utf-16-le"]
    if len(data) % 2 == 0 and data[::2].count(0) > half / 2:
        return ["utf-16-be"]
    return []
