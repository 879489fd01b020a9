"""Small pictures of large ones: made when first asked for, and kept beside them."""

import io
import os
import tempfile
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps

from backoffice.uploads.contents import IMAGES, one_at_a_time
from backoffice.uploads.files import path_of

SIDE = 320
"""The longest side, in pixels: twice of what pages show, for fine screens."""
FOLDER = "thumbnails"
CONTENT_TYPE = "image/webp"


def thumbnail_path(pk: str) -> Path:
    """Where the small picture of an upload is, once it was made."""
    return Path(settings.MEDIA_ROOT) / FOLDER / pk[:2] / pk


def thumbnail_of(pk: str) -> Path | None:
    """The small picture of an upload; None if none can be made of it."""
    path = thumbnail_path(pk)
    if path.exists():
        return path
    with one_at_a_time:
        try:
            small = _small(path_of(pk))
        except FileNotFoundError:
            raise
        except Exception:  # the library raises nearly anything for a picture that is broken further on
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(small)
        os.replace(file.name, path)
    return path


def _small(path: Path) -> bytes:
    with Image.open(path, formats=tuple(IMAGES)) as image:
        image.draft("RGB", (SIDE, SIDE))  # a JPEG is unpacked no larger than it need be
        small = ImageOps.exif_transpose(image)
        small.thumbnail((SIDE, SIDE))
        see_through = "A" in small.getbands() or "transparency" in small.info
        made = io.BytesIO()
        small.convert("RGBA" if see_through else "RGB").save(made, "WEBP", quality=78)
        return made.getvalue()
