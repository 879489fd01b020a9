"""Test files, generated locally."""

import base64
import io
import struct
import zipfile
import zlib

from PIL import Image

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"


def picture(format="PNG", size=(3, 2), **how) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, format, **how)
    return made.getvalue()


GPS = {1: "N", 2: (55.0, 40.0, 0.0), 3: "E", 4: (12.0, 34.0, 0.0)}


def exif(orientation=1) -> Image.Exif:
    """Return the EXIF metadata of a phone: where the picture was taken, with which camera, and how it was
    held."""
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = "CameraMaker", "CameraModel", orientation
    block.get_ifd(0x8825).update(GPS)
    block.get_ifd(0x8769).update({0x927C: b"MakerNoteSecret", 0xA434: "LensModel"})
    return block


def segment(marker: int, content: bytes) -> bytes:
    """Return a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a PNG chunk."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def riff(name: bytes, content: bytes) -> bytes:
    """Return a RIFF chunk for WebP."""
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def scans(count: int, size=(64, 64)) -> bytes:
    """Return a progressive JPEG whose last scan is repeated: a few bytes each, but much work to decode."""
    whole = picture("JPEG", size, progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * count + b"\xff\xd9"


def animation(format: str, count: int, size=(2, 2)) -> bytes:
    first, *others = [Image.effect_noise(size, 90 + n % 2).convert("RGB") for n in range(count)]
    made = io.BytesIO()
    first.save(made, format, save_all=True, append_images=others, duration=100)
    return made.getvalue()


HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
    "AAAAADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAFEAAgAAAAACPQABAAAAAAAAAK4AAAA4aWluZgAAAAAAAgAAABVp"
    "bmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABB2lwcnAAAADmaXBjbwAAAHZo"
    "dmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAA"
    "AwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAA"
    "AAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAIAAAAAEAAAAAAAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90"
    "AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAaaXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAAQdtZGF0AAAATSgBrwng6Kuc"
    "mg//9+yf/9pc7L8xT1CkTl9DvFfpFkf+y15/9Md5jDKm7XrokX3rGccoWXU4eKssbxCMe7Rn/32JtZbn7tCHApIY0zS3AAAA"
    "BkV4aWYAAE1NACoAAAAIAAMBDwACAAAADAAAADIBEgADAAAAAQAGAACIJQAEAAAAAQAAAD4AAAAAQ2FtZXJhTWFrZXIAAAQA"
    "AQACAAAAAk4AAAAAAgAFAAAAAwAAAHQAAwACAAAAAkUAAAAABAAFAAAAAwAAAIwAAAAAAAAANwAAAAEAAAAoAAAAAQAAAAAA"
    "AAABAAAADAAAAAEAAAAiAAAAAQAAAAAAAAAB"
)
"""A HEIC of 32 by 64 pixels when upright, with a place and a camera. (No encoder with a suitable licence
writes the format.)"""


def office(*names, types: str | bytes = "<x/>", rels: str = "<x/>") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            text = types if name.startswith("[") else rels if name.endswith(".rels") else "<x/>"
            archive.writestr(name, text)
    return made.getvalue()


WORD = office("word/document.xml")
EXCEL = office("xl/workbook.xml")
POWERPOINT = office("ppt/presentation.xml")
