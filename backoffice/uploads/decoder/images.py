"""Decoding of pictures: validation, removal of metadata, and thumbnails."""

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
"""More than any phone camera produces; a larger picture is a decompression bomb, or useless on a page."""
MAX_PIXELS_OF_FRAMES = 250_000_000
"""All frames of an animation together."""
SIDE = 320
"""The longest side of a thumbnail in pixels: twice what pages show, for high-resolution screens."""
QUALITY = 95
"""The quality of JPEG and WebP files that have to be encoded again, without visible loss."""

# Pillow refuses pictures of twice this limit and warns above it; do not warn about pictures that are allowed.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
warnings.simplefilter("ignore", Image.DecompressionBombWarning)
PngImagePlugin.MAX_TEXT_CHUNK = 8 * 1024 * 1024  # the largest uncompressed colour profile
pi_heif.register_heif_opener(thumbnails=False)

_ORIENTATION = 0x0112
_READERS = {"JPEG": read_jpeg, "PNG": read_png, "GIF": read_gif, "WEBP": read_webp}
_SIGNATURES = {"JPEG": b"\xff\xd8\xff", "PNG": PNG_SIGNATURE, "GIF": (b"GIF87a", b"GIF89a")}
_HEIF_BRANDS = frozenset(b"heic heix heim heis hevc hevx mif1 msf1".split())


@dataclass
class Picture:
    """A picture as it is stored."""

    format: str
    data: bytes
    thumbnail: bytes


def format_of(data: bytes) -> str | None:
    """Return the picture format by the first bytes of a file; None if it is not a picture."""
    for format, signature in _SIGNATURES.items():
        if data.startswith(signature):
            return format
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "HEIF" if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS else None


def read_picture(data: bytes, format: str) -> Picture:
    """Decode a picture completely, and return it as it is stored: upright, with its colour profile, without
    metadata about people, places and cameras. HEIC becomes JPEG. Raises DecodingRefused."""
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
    except Exception:  # Pillow raises many kinds of exceptions for invalid or incomplete pictures
        raise DecodingRefused(DAMAGED) from None


def _decoded_data(parts: Parts, format: str) -> bytes:
    """Return the bytes to decode. Pillow fills a truncated JPEG with grey, but refuses one without an end
    marker: replacing the end by null bytes makes it refuse a truncated one, while a complete one needs none
    of them. (With several scans, Pillow needs the end marker.)"""
    if format != "JPEG" or parts.scans != 1:
        return parts.data
    return parts.data[:-2] + bytes(16)


def _picture(image: Image.Image, format: str, parts: Parts) -> Picture:
    if format == "HEIF":
        image = ImageOps.exif_transpose(image)
        return Picture("JPEG", _encode(image.convert("RGB"), "JPEG", image.info), _thumbnail(image))
    orientation = 1 if parts.frames > 1 else _orientation(parts.exif)
    if orientation == 1:
        image.draft("RGB", (SIDE, SIDE))  # decode a JPEG at reduced size
        image.load()
        small = _thumbnail(image)
        for frame in ImageSequence.Iterator(image) if parts.frames > 1 else ():
            frame.load()
        return Picture(format, parts.data, small)
    options = {}
    if format == "JPEG":
        options = {"subsampling": get_sampling(image)} if get_sampling(image) >= 0 else {}
    elif format == "WEBP":
        options = {"lossless": b"VP8L" in parts.data[:64]}
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    image.info["exif"] = exif.tobytes()
    upright = ImageOps.exif_transpose(image)
    upright.info.pop("exif", None)
    return Picture(format, _encode(upright, format, image.info, **options), _thumbnail(upright))


def _orientation(block: bytes) -> int:
    """Return the EXIF orientation: 1 is upright."""
    exif = Image.Exif()
    try:
        exif.load(block)
        orientation = exif.get(_ORIENTATION, 1)
    except Exception:
        return 1
    return orientation if orientation in range(1, 9) else 1


def _encode(image: Image.Image, format: str, info: dict, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(
        buffer,
        format,
        quality=QUALITY,
        compress_level=4,
        exif=b"",
        icc_profile=info.get("icc_profile"),
        **options,
    )
    return buffer.getvalue()


def _thumbnail(image: Image.Image) -> bytes:
    """Return a small WebP of an upright picture."""
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    small = image.convert("RGBA" if has_alpha else "RGB")
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=78, icc_profile=None, exif=b"", xmp=b"")
    return buffer.getvalue()
