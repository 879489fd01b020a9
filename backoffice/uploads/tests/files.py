"""Files to send, made here: nothing is fetched, nothing is kept in the repository."""

import io
import zipfile

from PIL import Image

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def picture(format="PNG", size=(3, 2), **how) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, format, **how)
    return made.getvalue()


def office(*names) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "<x/>")
    return made.getvalue()


WORD = office("word/document.xml")
EXCEL = office("xl/workbook.xml")
POWERPOINT = office("ppt/presentation.xml")
