"""Parsers of picture files: count their parts before anything is decoded, and leave out metadata about
people, places and cameras. Kept parts are copied byte for byte, so no quality is lost."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from backoffice.uploads.decoder.exceptions import DAMAGED, FRAMES, PARTS, SCANS, DecodingRefused

MAX_SCANS = MAX_FRAMES = 100
MAX_PARTS = 20_000
"""Chunks of a PNG or WebP, segments of a JPEG."""

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass
class Parts:
    """The kept parts of a picture: its bytes, its EXIF block (which they do not contain), and the number of
    frames and of pixels per frame, if the file states them."""

    data: bytes
    exif: bytes = b""
    frames: int = 1
    pixels: int = 0
    scans: int = 1


def _check_number(number: int, most: int, reason: str) -> None:
    if number > most:
        raise DecodingRefused(reason)


# JPEG

_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset((0xC2, 0xCA))
_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDC, 0xDD))
SOI, EOI, SOS, APP0, APP1, APP2, APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE


def read_jpeg(data: bytes) -> Parts:
    """Keep the picture, JFIF's density, Adobe's colour transform and the colour profile. Everything after the
    end of the picture (further pictures, videos, thumbnails) is left out too."""
    kept, exif = [data[:2]], b""
    at, scans, count = 2, 0, 0
    missing: dict[int, list[int]] | None = None
    while True:
        marker, at = _next_marker(data, at)
        if marker == EOI:
            if missing is None or any(map(any, missing.values())):
                raise DecodingRefused(DAMAGED)
            kept.append(b"\xff\xd9")
            return Parts(b"".join(kept), exif, scans=scans)
        content, at = _read_segment(data, at)
        count += 1
        _check_number(count, MAX_PARTS, PARTS)
        if marker == APP1 and content.startswith(b"Exif\0\0") and not exif:
            exif = content[6:]
        if marker == APP0 and content.startswith(b"JFIF\0") and len(content) >= 14:
            content = content[:12] + b"\0\0"  # without its thumbnail
        elif marker == APP14 and content.startswith(b"Adobe"):
            content = content[:12]
        elif marker in _FRAME_HEADERS:
            if missing is not None:
                raise DecodingRefused(DAMAGED)
            missing = _missing_bits(marker, content)
        elif not _is_kept_segment(marker, content):
            continue
        kept.append(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content)
        if marker == SOS:
            scans += 1
            _check_number(scans, MAX_SCANS, SCANS)
            _note_scan(missing or {}, content)
            end = _MARKER.search(data, at)
            if end is None:
                raise DecodingRefused(DAMAGED)
            kept.append(data[at : end.start()])
            at = end.start()


def _read_segment(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the content of the segment whose length is at a position, and the position after it."""
    length = int.from_bytes(data[at : at + 2], "big")
    if at + max(length, 2) > len(data) or length < 2:
        raise DecodingRefused(DAMAGED)
    return data[at + 2 : at + length], at + length


def _missing_bits(marker: int, frame: bytes) -> dict[int, list[int]]:
    """Return, by component, 1 for each of the 64 coefficients of a progressive frame: no scan has delivered
    its last bit yet."""
    if marker not in _PROGRESSIVE:
        return {}
    return {component: [1] * 64 for component in frame[6 : 6 + 3 * frame[5] : 3]}


def _note_scan(missing: dict[int, list[int]], scan: bytes) -> None:
    """Mark the coefficients that this scan completes."""
    components = scan[1 : 1 + 2 * scan[0] : 2]
    first, last, bits = scan[-3:]
    for component in components:
        if component in missing and not bits & 0x0F:
            missing[component][first : last + 1] = [0] * len(missing[component][first : last + 1])


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """Return the next marker and the offset behind it; fill bytes may precede it."""
    start = at
    while data[at : at + 1] == b"\xff":
        at += 1
    if at == start or at >= len(data) or data[at] in (0, SOI):
        raise DecodingRefused(DAMAGED)
    return data[at], at + 1


def _is_kept_segment(marker: int, content: bytes) -> bool:
    return marker in _TABLES or marker == SOS or (marker == APP2 and content.startswith(b"ICC_PROFILE\0"))


# PNG

_KEPT_CHUNKS = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs cICP mDCV cLLI acTL fcTL fdAT".split()
)


def read_png(data: bytes) -> Parts:
    """Keep the picture, its colours and its animation: no texts, dates, EXIF or unknown chunks."""
    kept, exif = [PNG_SIGNATURE], b""
    frames = pixels = 0
    for count, (name, content, raw) in enumerate(_png_chunks(data)):
        _check_number(count, MAX_PARTS, PARTS)
        if (count == 0) != (name == b"IHDR") or (count == 0 and len(content) != 13):
            raise DecodingRefused(DAMAGED)
        if name == b"IHDR":
            width, height = struct.unpack_from(">II", content)
            pixels = width * height
        elif name == b"eXIf":
            exif = content
        elif name == b"fcTL":
            frames += 1
            _check_number(frames, MAX_FRAMES, FRAMES)
        if name in _KEPT_CHUNKS:
            kept.append(raw)
    return Parts(b"".join(kept), exif, max(frames, 1), pixels)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield (name, content, the whole chunk) up to the last one, after checking each checksum."""
    at, name = len(PNG_SIGNATURE), b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise DecodingRefused(DAMAGED)
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data) or zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(
            data[end - 4 : end], "big"
        ):
            raise DecodingRefused(DAMAGED)
        yield name, data[at + 8 : end - 4], data[at:end]
        at = end


# GIF

_KEPT_EXTENSIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def read_gif(data: bytes) -> Parts:
    """Keep the pictures, their delays and repetitions: no comments, texts or XMP."""
    if len(data) < 13:
        raise DecodingRefused(DAMAGED)
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + _table_size(flags)
    kept, frames = [data[:at]], 0
    while at < len(data):
        start, kind = at, data[at]
        if kind == 0x3B:
            kept.append(b";")
            return Parts(b"".join(kept), frames=max(frames, 1), pixels=width * height)
        if kind == 0x2C and at + 10 < len(data):
            frames += 1
            _check_number(frames, MAX_FRAMES, FRAMES)
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", data, at + 1)
            width, height = max(width, left + wide), max(height, top + high)
            at = _end_of_blocks(data, at + 11 + _table_size(flags))
            is_kept = True
        elif kind == 0x21 and at + 2 < len(data):
            label, at = data[at + 1], _end_of_blocks(data, at + 2)
            is_kept = label == 0xF9 or (label == 0xFF and data[start + 3 : start + 14] in _KEPT_EXTENSIONS)
        else:
            raise DecodingRefused(DAMAGED)
        if is_kept:
            kept.append(data[start:at])
    raise DecodingRefused(DAMAGED)


def _table_size(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data):
        length = data[at]
        at += 1 + length
        if not length:
            return at
    raise DecodingRefused(DAMAGED)


# WebP

_EXIF_AND_XMP = 0x08 | 0x04
_KEPT_RIFF = frozenset((b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF"))
_KEPT_IN_FRAMES = frozenset((b"VP8 ", b"VP8L", b"ALPH"))


def read_webp(data: bytes) -> Parts:
    """Keep the picture, its transparency, animation and colour profile: no EXIF, XMP or unknown chunks."""
    length = int.from_bytes(data[4:8], "little")
    if length + 8 > len(data):
        raise DecodingRefused(DAMAGED)
    kept, exif, frames, pixels = [], b"", 0, 0
    for count, (name, content) in enumerate(_riff_chunks(data[12 : length + 8])):
        _check_number(count, MAX_PARTS, PARTS)
        if name == b"EXIF":
            exif = content.removeprefix(b"Exif\0\0")
        elif name == b"VP8X" and len(content) == 10:
            wide, high = int.from_bytes(content[4:7], "little"), int.from_bytes(content[7:10], "little")
            pixels = (wide + 1) * (high + 1)
            content = bytes([content[0] & ~_EXIF_AND_XMP]) + content[1:]
        elif name == b"ANMF":
            frames += 1
            _check_number(frames, MAX_FRAMES, FRAMES)
            within = [each for each in _riff_chunks(content[16:]) if each[0] in _KEPT_IN_FRAMES]
            content = content[:16] + b"".join(_riff(*each) for each in within)
        if name in _KEPT_RIFF:
            kept.append(_riff(name, content))
    body = b"WEBP" + b"".join(kept)
    return Parts(b"RIFF" + struct.pack("<I", len(body)) + body, exif, max(frames, 1), pixels)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > len(data):
            raise DecodingRefused(DAMAGED)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _riff(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
