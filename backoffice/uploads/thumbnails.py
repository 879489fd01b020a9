"""Small pictures of large ones: made when a picture arrives, or when somebody first asks for it, and kept beside them."""

import tempfile
from pathlib import Path

from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.decoding import open_file
from backoffice.uploads.storage import move_into_place, thumbnail_path, upload_path

CONTENT_TYPE = "image/webp"


def thumbnail_of(pk: str) -> Path | None:
    """The small picture of an upload; None if none can be made of it. Raises FileNotFoundError if there is no such
    upload's file, and DecoderBusy."""
    path = thumbnail_path(pk)
    if not path.exists():
        source = upload_path(pk)
        if not source.exists():
            raise FileNotFoundError(source)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            small = Path(folder) / pk
            try:
                open_file(source, None, small, documents=False)
            except DecodingRefused:
                small.write_bytes(b"")  # it may cost much to find out: once is enough
            move_into_place(small, path)
    return path if path.stat().st_size else None
