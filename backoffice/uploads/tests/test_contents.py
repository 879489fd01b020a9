"""What is taken and what is refused, by its content; what it is called and how it comes back."""

import io
import re
import zipfile
from unittest import mock
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from backoffice.records.tests.daily import daily
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import EXCEL, PDF, POWERPOINT, WORD, office, picture
from backoffice.uploads.tests.sending import FILES, IMAGES, assert_refused, form, kept, part

pytestmark = pytest.mark.django_db
OFFICE = "application/vnd.openxmlformats-officedocument."
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


ANIMATION = io.BytesIO()
Image.new("P", (2, 2)).save(
    ANIMATION, "GIF", save_all=True, append_images=[Image.new("P", (2, 2), 7)], duration=100
)
SEVERAL = io.BytesIO()
Image.new("RGB", (2, 2)).save(SEVERAL, "MPO", save_all=True, append_images=[Image.new("RGB", (2, 2), "red")])

PICTURES = {
    "png": (picture(), "image/png", ".png"),
    "jpeg": (picture("JPEG"), "image/jpeg", ".jpg"),
    "large jpeg": (picture("JPEG", (3000, 2000)), "image/jpeg", ".jpg"),
    "gif": (picture("GIF"), "image/gif", ".gif"),
    "animation": (ANIMATION.getvalue(), "image/gif", ".gif"),
    "webp": (picture("WEBP"), "image/webp", ".webp"),
    "a telephone's jpeg of several": (SEVERAL.getvalue(), "image/jpeg", ".jpg"),
    "png with a script after it": (picture() + HTML, "image/png", ".png"),
}
DOCUMENTS = {
    "pdf": (PDF, "application/pdf", ".pdf"),
    "text": ("Ærø\tog\r\nFanø ✓".encode(), "text/plain; charset=utf-8", ".txt"),
    "text with a mark": (b"\xef\xbb\xbfx", "text/plain; charset=utf-8", ".txt"),
    "log": (b"<13>Nov 22 02:10:00 box dhcpd: lease", "text/plain; charset=utf-8", ".txt"),
    "word": (WORD, f"{OFFICE}wordprocessingml.document", ".docx"),
    "excel": (EXCEL, f"{OFFICE}spreadsheetml.sheet", ".xlsx"),
    "powerpoint": (POWERPOINT, f"{OFFICE}presentationml.presentation", ".pptx"),
}


def cases(table):
    return pytest.mark.parametrize(("content", "content_type", "ending"), table.values(), ids=table)


def assert_comes_back(sender, url, content, content_type, ending):
    """As it was sent, as what it is, and held down."""
    answer = sender.get(url)
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, content)
    assert answer["Content-Type"] == content_type
    assert answer["Content-Length"] == str(len(content))
    shown = "inline" if content_type.startswith("image/") else "attachment"
    assert answer["Content-Disposition"] == f'{shown}; filename="any{ending}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Cache-Control"] == "private, no-cache"
    assert set(answer["Vary"].split(", ")) >= {"Cookie", "X-API-Key", "Authorization"}


@cases(PICTURES)
def test_pictures_are_taken_by_both_desks(alice, sven, content, content_type, ending):
    for sender, address in ((alice, IMAGES), (sven, FILES)):
        url = sender.sent(address, content, "any")
        assert re.fullmatch(rf"http://testserver/uploads/[0-9a-f]{{24}}/any\{ending}", url)
        assert_comes_back(sender, url, content, content_type, ending)


@cases(DOCUMENTS)
def test_documents_are_taken_by_the_support_desk_only(alice, sven, folder, content, content_type, ending):
    assert_refused(alice.send(IMAGES, content), 400, "file", folder)
    url = sven.sent(FILES, content, "any")
    assert_comes_back(sven, url, content, content_type, ending)


def bomb(width, height) -> bytes:
    """A few bytes that say they are a very large picture."""
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
    "text with escapes": b"\x1b[31mred\x1b[0m",
    "text with a control of Unicode": "a\x85b".encode(),
    "text in Latin-1": "Ærø".encode("latin-1"),
    "text that ends in the middle of a letter": "Æ".encode()[:1],
    "zip": archive("a.txt"),
    "zip with words only": archive("word/document.xml"),
    "zip with types only": archive("[Content_Types].xml"),
    "two kinds of office": office("word/document.xml", "xl/workbook.xml"),
    "office with macros": office("word/document.xml", "word/vbaProject.bin"),
    "office cut short": WORD[:-10],
    "program that is an office document too": b"MZ\x90\0" + WORD,
    "pdf after something": b"MZ\x90\0" + PDF,
}


@pytest.mark.parametrize("what", daily(NEITHER, *[*NEITHER][::6]))
def test_what_is_neither_picture_nor_document_is_refused_whatever_it_is_called(alice, sven, folder, what):
    content = NEITHER[what]
    for name in ("a.png", "a.pdf", "a.docx", "a.txt"):
        assert_refused(alice.send(IMAGES, content, name), 400, "file", folder)
        assert_refused(sven.send(FILES, content, name), 422, "file", folder, telecomx=True)
    said = form(part(content, headers=b"Content-Type: image/png\r\n"))
    assert_refused(alice.post(IMAGES, said), 400, "file", folder)


def test_a_large_picture_is_told_its_pixels(alice):
    said = alice.send(IMAGES, bomb(60_000, 60_000)).json()["message"]
    assert said == "file: This picture has more than 60 million pixels."
    assert alice.send(IMAGES, bomb(7_700, 7_700)).json()["message"].startswith("file: This is no picture")


def test_office_documents_are_not_unpacked(sven):
    bomb = archive("[Content_Types].xml", "word/document.xml", size=50_000_000)
    with mock.patch.object(zipfile.ZipFile, "open", side_effect=AssertionError("unpacked")):
        sven.sent(FILES, bomb)


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
def test_names_are_kept_for_downloads_and_never_used_as_paths(alice, folder, given, name):
    url = alice.sent(filename=given)
    assert Upload.objects.get().name == name
    assert [path.name for path in kept(folder)] == [Upload.objects.get().pk]
    assert unquote(urlsplit(url).path).split("/", 3)[3] == name
    assert len(url) <= 2000
    answer = alice.get(url)
    assert answer.status_code == 200
    assert "\n" not in answer["Content-Disposition"]


def test_a_header_that_is_not_utf_8_says_nothing(alice, folder):
    body = form(part(picture(), filename=b"\xff\xfe.png"))
    assert_refused(alice.post(IMAGES, body), 400, "file", folder)


def test_a_text_is_never_called_a_program(sven):
    url = sven.sent(FILES, b"format c:", "run.bat")
    assert sven.get(url)["Content-Disposition"] == 'attachment; filename="run.bat.txt"'
    assert sven.sent(FILES, b"a;b", "list.CSV").endswith("/list.CSV")
