"""Pictures: whether they are whole, what is kept of them, and small ones of large ones."""

import io
import warnings
from dataclasses import dataclass

import pi_heif
from PIL import Image, ImageOps, ImageSequence, PngImagePlugin
from PIL.JpegImagePlugin import get_sampling

from backoffice.uploads.decoder.exceptions import COSTLY, DAMAGED, PIXELS, DecodingRefused
from backoffice.uploads.decoder.structure import (
    PNG_SIGNATURE,
    Parts,
    read_gif,
    read_jpeg,
    read_png,
    read_webp,
)

MAX_PIXELS = 60_000_000
"""More than any telephone's camera takes; a picture with more is a bomb, or of no use on a page."""
MAX_PIXELS_OF_FRAMES = 250_000_000
"""All frames of an animation together."""
SIDE = 320
"""The longest side of a small picture, in pixels: twice of what pages show, for fine screens."""
QUALITY = 95
"""Of JPEG and WebP files that have to be encoded again; less cannot be told from the original."""

# The library refuses twice what it is told, and warns from there: what is allowed is no reason to.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
PngImagePlugin.MAX_TEXT_CHUNK = 8 * 1024 * 1024  # how large a colour profile may be when it is unpacked
pi_heif.register_heif_opener(thumbnails=False)

_ORIENTATION = 0x0112
_READERS = {"JPEG": read_jpeg, "PNG": read_png, "GIF": read_gif, "WEBP": read_webp}
_HEIF_BRANDS = frozenset(b"heic heix heim heis hevc hevx mif1 msf1".split())


@dataclass
class Picture:
    """A picture as it is kept."""

    format: str
    data: bytes
    thumbnail: bytes


def format_of(data: bytes) -> str | None:
    """The format that a file begins like; None if it is none of pictures."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(PNG_SIGNATURE):
        return "PNG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "HEIF"
    return None


def read_picture(data: bytes, format: str) -> Picture:
    """Decode a picture to its end, and give what is kept of it: upright, with its colour profile, without what tells
    of people, places and cameras. HEIC becomes JPEG. Raises Refused."""
    try:
        parts = _READERS[format](data) if format in _READERS else Parts(data)
        if parts.pixels * parts.frames > MAX_PIXELS_OF_FRAMES and parts.frames > 1:
            raise DecodingRefused(COSTLY)
        with Image.open(io.BytesIO(_decoded_data(parts, format)), formats=(format,)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise DecodingRefused(PIXELS)
            return _picture(image, format, parts)
    except DecodingRefused:
        raise
    except Image.DecompressionBombError:
        raise DecodingRefused(PIXELS) from None
    except MemoryError:
        raise DecodingRefused(COSTLY) from None
    except Exception:  # the library raises nearly anything for what is not, or not wholly, an image
        raise DecodingRefused(DAMAGED) from None


def _decoded_data(parts: Parts, format: str) -> bytes:
    """What is decoded of a picture. The library takes a JPEG that ends too early for grey, but not one without an end: a
    whole one needs nothing of the nulls. (Of several scans it has to see the end.)"""
    if format != "JPEG" or parts.scans != 1:
        return parts.data
    return parts.data[:-2] + bytes(16)


def _picture(image: Image.Image, format: str, parts: Parts) -> Picture:
    if format == "HEIF":
        image = ImageOps.exif_transpose(image)
        return Picture("JPEG", _encode(image.convert("RGB"), "JPEG", image.info), _thumbnail(image))
    turned = 1 if parts.frames > 1 else _orientation(parts.exif)
    if turned == 1:
        image.draft("RGB", (SIDE, SIDE))  # a JPEG is unpacked no larger than it need be
        image.load()
        small = _thumbnail(image)
        for frame in ImageSequence.Iterator(image) if parts.frames > 1 else ():
            frame.load()
        return Picture(format, parts.data, small)
    how = {}
    if format == "JPEG":
        how = {"subsampling": get_sampling(image)} if get_sampling(image) >= 0 else {}
    elif format == "WEBP":
        how = {"lossless": b"VP8L" in parts.data[:64]}
    exif = Image.Exif()
    exif[_ORIENTATION] = turned
    image.info["exif"] = exif.tobytes()
    upright = ImageOps.exif_transpose(image)
    upright.info.pop("exif", None)
    return Picture(format, _encode(upright, format, image.info, **how), _thumbnail(upright))


def _orientation(block: bytes) -> int:
    """How a picture has to be turned: 1 is not at all."""
    exif = Image.Exif()
    try:
        exif.load(block)
        turned = exif.get(_ORIENTATION, 1)
    except Exception:
        return 1
    return turned if turned in range(1, 9) else 1


def _encode(image: Image.Image, format: str, info: dict, **how) -> bytes:
    made = io.BytesIO()
    image.save(
        made, format, quality=QUALITY, compress_level=4, exif=b"", icc_profile=info.get("icc_profile"), **how
    )
    return made.getvalue()


def _thumbnail(image: Image.Image) -> bytes:
    """A small WebP of a picture that stands upright."""
    see_through = "A" in image.getbands() or "transparency" in image.info
    small = image.convert("RGBA" if see_through else "RGB")
    small.thumbnail((SIDE, SIDE))
    made = io.BytesIO()
    small.save(made, "WEBP", quality=78, icc_profile=None, exif=b"", xmp=b"")
    return made.getvalue()
