"""Thumbnails of pictures: made when a picture arrives or when one is first requested, and stored."""

import tempfile
from pathlib import Path

from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.decoder_client import open_file
from backoffice.uploads.storage import move_into_place, thumbnail_path, upload_path

CONTENT_TYPE = "image/webp"


def thumbnail_of(pk: str) -> Path | None:
    """Return the path of an upload's thumbnail; None if none can be made. Raises FileNotFoundError if the
    upload's file is missing, and DecoderBusy."""
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
                small.write_bytes(b"")  # finding out may be expensive, so remember it
            move_into_place(small, path)
    return path if path.stat().st_size else None
