"""Accepted and refused files by content, their names, and how they are served."""

import io
import re
import zipfile
from unittest import mock
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from backoffice.records.tests.parameters import select_daily
from backoffice.uploads.decoder import exceptions
from backoffice.uploads.decoder.documents import read_document
from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import EXCEL, PDF, POWERPOINT, WORD, office, picture
from backoffice.uploads.tests.upload_requests import (
    FILES,
    IMAGES,
    assert_refused,
    multipart_form,
    multipart_part,
    stored_files,
)

pytestmark = pytest.mark.django_db
OFFICE = "application/vnd.openxmlformats-officedocument."
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


ANIMATION = io.BytesIO()
Image.new("P", (2, 2)).save(
    ANIMATION, "GIF", save_all=True, append_images=[Image.new("P", (2, 2), 7)], duration=100
)

PICTURES = {
    "png": (picture(), "image/png", ".png"),
    "jpeg": (picture("JPEG"), "image/jpeg", ".jpg"),
    "large jpeg": (picture("JPEG", (3000, 2000)), "image/jpeg", ".jpg"),
    "gif": (picture("GIF"), "image/gif", ".gif"),
    "animation": (ANIMATION.getvalue(), "image/gif", ".gif"),
    "webp": (picture("WEBP"), "image/webp", ".webp"),
}
DOCUMENTS = {
    "pdf": (PDF, "application/pdf", ".pdf"),
    "text": ("Ærø\tog\r\nFanø ✓".encode(), "text/plain; charset=utf-8", ".txt"),
    "text with a mark": (b"\xef\xbb\xbfx", "text/plain; charset=utf-8", ".txt"),
    "text in Windows-1252": (
        "Navn;Søren – 5 €\r\n".encode("cp1252"),
        "text/plain; charset=windows-1252",
        ".txt",
    ),
    "text in Latin-1": ("Ærø".encode("latin-1"), "text/plain; charset=windows-1252", ".txt"),
    "text in UTF-16": ("Ærø og Łódź\r\n".encode("utf-16"), "text/plain; charset=utf-16", ".txt"),
    "text in UTF-16 of big ends": ("\ufeffÆrø\n".encode("utf-16-be"), "text/plain; charset=utf-16", ".txt"),
    "text in UTF-16 without a mark": (
        "Ærø og Łódź\n".encode("utf-16-le"),
        "text/plain; charset=utf-16-le",
        ".txt",
    ),
    "text in UTF-16 of big ends without a mark": (
        "Fanø;2\n".encode("utf-16-be"),
        "text/plain; charset=utf-16-be",
        ".txt",
    ),
    "text in colours": (b"\x1b[1;31mred\x1b(B\x1b[m \x08done\n", "text/plain; charset=utf-8", ".txt"),
    "text in pages": (b"one\x0ctwo\x0b\x1a", "text/plain; charset=utf-8", ".txt"),
    "text about a pdf": (b"A file starts with %PDF-1.4\n", "text/plain; charset=utf-8", ".txt"),
    "pdf after a mark": (b"\xef\xbb\xbf\r\n" + PDF, "application/pdf", ".pdf"),
    "pdf after what a printer wants": (b"\x1b%-12345X@PJL\n" + b"\0" * 900 + PDF, "application/pdf", ".pdf"),
    "log": (b"<13>Nov 22 02:10:00 box dhcpd: lease", "text/plain; charset=utf-8", ".txt"),
    "word": (WORD, f"{OFFICE}wordprocessingml.document", ".docx"),
    "excel": (EXCEL, f"{OFFICE}spreadsheetml.sheet", ".xlsx"),
    "powerpoint": (POWERPOINT, f"{OFFICE}presentationml.presentation", ".pptx"),
}


def cases(table):
    return pytest.mark.parametrize(("content", "content_type", "ending"), table.values(), ids=table)


def assert_served_unchanged(sender, url, content, content_type, ending):
    """Check that the file is served unchanged, with its content type and restrictive headers."""
    answer = sender.get(url)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, content)
    assert answer["Content-Type"] == content_type
    assert answer["Content-Length"] == str(len(content))
    shown = "inline" if content_type.startswith("image/") else "attachment"
    assert answer["Content-Disposition"] == f'{shown}; filename="any{ending}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = "sandbox; default-src 'none'" + ("; style-src-attr 'unsafe-inline'" if shown == "inline" else "")
    assert answer["Content-Security-Policy"] == policy
    assert answer["Cache-Control"] == "private, no-cache"
    assert set(answer["Vary"].split(", ")) >= {"Cookie", "X-API-Key", "Authorization"}


@cases(PICTURES)
def test_both_apis_accept_pictures(alice, sven, content, content_type, ending):
    for sender, address in ((alice, IMAGES), (sven, FILES)):
        url = sender.sent(address, content, "any")
        assert re.fullmatch(rf"http://testserver/uploads/[0-9a-f]{{24}}/any\{ending}", url)
        assert_served_unchanged(sender, url, content, content_type, ending)


@cases(DOCUMENTS)
def test_only_the_support_api_accepts_documents(alice, sven, folder, content, content_type, ending):
    assert_refused(alice.send(IMAGES, content), 400, "file", folder)
    url = sven.sent(FILES, content, "any")
    assert_served_unchanged(sven, url, content, content_type, ending)


def bomb(width, height) -> bytes:
    """Return a few bytes that declare a very large picture."""
    small = bytearray(picture("GIF"))
    small[6:10] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return bytes(small)


def archive(*names, size=0) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.writestr(name, b"\0" * size)
    return made.getvalue()


NEITHER = {
    "html": HTML,
    "html after spaces": b" \n\t" + HTML,
    "html after a mark": b"\xef\xbb\xbf" + HTML,
    "svg": SVG,
    "xml": b'<?xml version="1.0"?>' + SVG,
    "gif header with html": b"GIF89a" + HTML,
    "gif header with a comment": b"GIF89a/*\x01\x00\x80\x00\x00*/=1;alert(1)",
    "png header alone": picture()[:40],
    "png cut short": picture(size=(40, 40))[:-20],
    "png with a flipped bit": picture()[:45] + bytes([picture()[45] ^ 1]) + picture()[46:],
    "jpeg cut short": picture("JPEG", (400, 400))[:1200],
    "webp cut short": picture("WEBP", (40, 40))[:-10],
    "gif cut short": picture("GIF", (90, 90))[:60],
    "tiff": picture("TIFF"),
    "bmp": picture("BMP"),
    "icon": picture("ICO"),
    "too many pixels": bomb(60_000, 60_000),
    "a few too many pixels": bomb(7_800, 7_800),
    "a program": b"\x7fELF\x02\x01\x01" + bytes(64),
    "text with a null": b"a\0b",
    "text with a control of Unicode": "a\x85b".encode(),
    "text with what Windows-1252 has not": b"\xd8r\x81",
    "page in Windows-1252": "<html>Søren".encode("cp1252"),
    "page in UTF-16": "<html>".encode("utf-16"),
    "page in UTF-16 without a mark": "<html><body>".encode("utf-16-le"),
    "half a text in UTF-16": b"a\0b",
    "text in UTF-32": "Ærø".encode("utf-32"),
    "jpeg cut short to letters": b"\xff\xd8\xff\xe1",
    "zip": archive("a.txt"),
    "zip with words only": archive("word/document.xml"),
    "zip with types only": archive("[Content_Types].xml"),
    "two kinds of office": office("word/document.xml", "xl/workbook.xml"),
    "office cut short": WORD[:-10],
    "program that is an office document too": b"MZ\x90\0" + WORD,
    "pdf after a program": b"MZ\x90\0" + PDF,
    "pdf after a page": HTML + PDF,
    "pdf after much": b" " * 1025 + b"\0" + PDF,
}


@pytest.mark.parametrize("what", select_daily(NEITHER, *[*NEITHER][::6]))
def test_other_contents_are_refused_under_any_name(alice, sven, folder, what):
    content = NEITHER[what]
    for name in ("a.png", "a.pdf", "a.docx", "a.txt"):
        assert_refused(alice.send(IMAGES, content, name), 400, "file", folder)
        assert_refused(sven.send(FILES, content, name), 422, "file", folder, telecomx=True)
    body = multipart_form(multipart_part(content, headers=b"Content-Type: image/png\r\n"))
    assert_refused(alice.post(IMAGES, body), 400, "file", folder)


@pytest.mark.slow
def test_the_error_of_a_large_picture_has_its_pixels(alice):
    message = alice.send(IMAGES, bomb(60_000, 60_000)).json()["message"]
    assert message == "file: This image has more than 60 million pixels. Upload a smaller one."
    assert alice.send(IMAGES, bomb(7_700, 7_700)).status_code == 200


@pytest.mark.slow
def test_of_office_documents_only_the_lists_of_parts_are_unpacked(sven):
    content = office("word/document.xml", "word/_rels/document.xml.rels", "_rels/.rels")
    opened = []

    def noting(archive, entry, *args):
        opened.append(entry.filename)
        return open_entry(archive, entry, *args)

    open_entry = zipfile.ZipFile.open
    with mock.patch.object(zipfile.ZipFile, "open", noting):
        assert read_document(content) == ("WORD", "")
    assert opened == ["[Content_Types].xml", "word/_rels/document.xml.rels", "_rels/.rels"]
    large = archive("word/document.xml", size=20_000_000)
    with zipfile.ZipFile(made := io.BytesIO(large), "a") as more:
        more.writestr("[Content_Types].xml", "<x/>")
    sven.sent(FILES, made.getvalue())
    bomb = archive("[Content_Types].xml", "word/document.xml", size=20_000_000)
    assert "damaged" in sven.send(FILES, bomb).json()["description"]


MAIN = "application/vnd.openxmlformats-officedocument"


def types(*parts: str, default="") -> str:
    listed = "".join(f'<Override PartName="/x{n}" ContentType="{part}"/>' for n, part in enumerate(parts))
    return f'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{default}{listed}</Types>'


MACROS = {
    "by name": office("word/document.xml", "word/vbaProject.bin"),
    "by name in capitals": office("word/document.xml", "WORD/VBAPROJECT.BIN"),
    "another name": office(
        "word/document.xml", "word/a.bin", types=types("application/vnd.ms-office.vbaProject")
    ),
    "another ending": office(
        "word/document.xml",
        types=types(default='<Default Extension="jpg" ContentType="application/vnd.ms-office.vbaProject"/>'),
    ),
    "in entities": office("xl/workbook.xml", types=types("application/vnd.ms-office.&#118;&#98;aProject")),
    "in UTF-16": office(
        "xl/workbook.xml", types=types("application/vnd.ms-office.vbaProject").encode("utf-16")
    ),
    "Excel 4 macro sheet": office("xl/workbook.xml", types=types("application/vnd.ms-excel.macrosheet+xml")),
    "Excel 4 macro sheet of another language": office(
        "xl/workbook.xml", types=types("application/vnd.ms-excel.intlmacrosheet+xml")
    ),
    "workbook that takes them": office(
        "xl/workbook.xml", types=types("application/vnd.ms-excel.sheet.macroEnabled.main+xml")
    ),
    "slides that take them": office(
        "ppt/presentation.xml",
        types=types("application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
    ),
    "controls": office("word/document.xml", types=types("application/vnd.ms-office.activeX+xml")),
    "by relation alone": office(
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        rels='<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="1" '
        'Type="http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet" Target="a.xml"/></Relationships>',
    ),
}
NO_LISTS = {
    "two lists": office("[Content_Types].xml", "word/document.xml"),
    "a second list in small letters": office("word/document.xml", "[content_types].xml"),
    "a list with a document type": office("word/document.xml", types="<!DOCTYPE x [<!ENTITY v 'vba'>]><x/>"),
    "a list that is no XML": office("word/document.xml", types="<x"),
    "many parts": office("word/document.xml", *[f"word/{n}" for n in range(10_001)]),
    "OpenDocument": archive("mimetype", "content.xml", "Basic/script-lc.xml"),
}


@pytest.mark.attack
@pytest.mark.parametrize("what", MACROS)
def test_documents_with_macros_are_refused_for_any_part_names(what):
    with pytest.raises(DecodingRefused, match=exceptions.MACROS):
        read_document(MACROS[what])


@pytest.mark.attack
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", NO_LISTS)
def test_documents_without_exactly_one_list_of_parts_are_refused(what):
    with pytest.raises(DecodingRefused):
        read_document(NO_LISTS[what])


def test_ordinary_parts_of_office_documents_are_no_macros():
    plain = types(f"{MAIN}.wordprocessingml.document.main+xml", f"{MAIN}.oleObject", "image/png")
    assert read_document(office("word/document.xml", types=plain)) == ("WORD", "")


def test_macros_and_old_formats_have_their_own_messages(sven, folder):
    message = sven.send(FILES, MACROS["another name"], "budget.docx").json()["description"]
    assert (
        message
        == "file: This document contains macros or controls, which are programs. Save it without them."
    )
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)
    for name in ("old.doc", "old.xls", "secret.docx"):
        answer = sven.send(FILES, ole, name)
        assert_refused(answer, 422, "file", folder, telecomx=True)
        assert ".docx, .xlsx or .pptx without a password" in answer.json()["description"]


def test_messages_list_the_accepted_types(alice, sven):
    message = alice.send(IMAGES, b"x").json()["message"]
    assert message == "file: This is not an image. Upload a PNG, JPEG, GIF, WebP or HEIC file."
    message = sven.send(FILES, b"\0").json()["description"]
    assert message == (
        "file: This is neither an image (PNG, JPEG, GIF, WebP, HEIC) nor a document (PDF, plain text, Word, Excel, PowerPoint). Upload another file."
    )


NAMES = {
    "../../etc/x.png": "x.png",
    "..\\..\\x.png": "x.png",
    "/abs/olute.png": "olute.png",
    "C:\\photos\\roof.png": "roof.png",
    "..": "file.png",
    ".": "file.png",
    "/": "file.png",
    "...": "file.png",
    ".png": "png.png",
    "a\0b.png": "a b.png",
    "evil\u202egnp.exe": "evil gnp.exe.png",
    "page.html": "page.html.png",
    "no-ending": "no-ending.png",
    "ROOF.PNG": "ROOF.PNG",
    "roof.jpg": "roof.jpg.png",
    "two  spaces .png": "two spaces .png",
    "Tag på Ærø ✓.png": "Tag på Ærø ✓.png",
    "e\u0301.png": "é.png",
    "a%2Fb?x=1#y.png": "a%2Fb?x=1#y.png",
    "x" * 900 + ".png": "x" * 96 + ".png",
    "😀" * 200 + ".png": "😀" * 96 + ".png",
    "semi;colon.png": "semi;colon.png",
}


@pytest.mark.parametrize(("given", "name"), NAMES.items(), ids=[ascii(name)[:30] for name in NAMES])
def test_file_names_are_kept_for_downloads_and_never_used_as_paths(alice, folder, given, name):
    url = alice.sent(filename=given)
    assert Upload.objects.get().name == name
    assert [path.name for path in stored_files(folder)] == [Upload.objects.get().pk]
    assert unquote(urlsplit(url).path).split("/", 3)[3] == name
    assert len(url) <= 2000
    answer = alice.get(url)
    assert answer.status_code == 200
    assert "\n" not in answer["Content-Disposition"]


def test_a_part_header_that_is_not_utf_8_is_refused(alice, folder):
    body = multipart_form(multipart_part(picture(), filename=b"\xff\xfe.png"))
    assert_refused(alice.post(IMAGES, body), 400, "file", folder)


def test_text_files_never_have_the_extension_of_a_program(sven):
    url = sven.sent(FILES, b"format c:", "run.bat")
    assert sven.get(url)["Content-Disposition"] == 'attachment; filename="run.bat.txt"'
    assert sven.sent(FILES, b"a;b", "list.CSV").endswith("/list.CSV")
