"""A full disk: reported as such, and no partial files remain."""

import errno
import io
import logging
import os
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import OperationalError
from django.db.models.query import QuerySet

from backoffice.db.health import is_disk_full
from backoffice.uploads import decoder_client, storage
from backoffice.uploads.models import Upload
from backoffice.uploads.storage import IncomingFile
from backoffice.uploads.tests.files import picture
from backoffice.uploads.tests.upload_requests import FILES, IMAGES, assert_refused
from backoffice.uploads.thumbnails import thumbnail_of

pytestmark = [pytest.mark.django_db, pytest.mark.faults]


def raise_disk_full(*args, **how):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


PLACES = {
    "as it arrives": lambda: mock.patch.object(IncomingFile, "write", raise_disk_full),
    "before it arrives": lambda: mock.patch.object(Path, "mkdir", raise_disk_full),
    "in a place of its own": lambda: mock.patch.object(tempfile, "NamedTemporaryFile", raise_disk_full),
    "as it is written to the disk": lambda: mock.patch.object(os, "fsync", raise_disk_full),
    "as it is put in its place": lambda: mock.patch.object(storage, "move_into_place", raise_disk_full),
    "in the process that opens it": lambda: mock.patch.object(
        decoder_client.Decoder, "_answer", lambda *args: {"errno": errno.EDQUOT}
    ),
    "in the database": lambda: mock.patch.object(
        QuerySet, "bulk_create", side_effect=OperationalError("database or disk is full")
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_upload_gets_507_and_leaves_nothing(alice, sven, folder, caplog, place):
    (folder / "arriving").mkdir()
    with PLACES[place](), caplog.at_level(logging.WARNING):
        for sender, address, telecomx in ((alice, IMAGES, False), (sven, FILES, True)):
            answer = sender.send(address, picture())
            assert_refused(answer, 507, None, folder, telecomx)
            assert "The server has run out of disk space. Nothing was saved." in answer.content.decode()
    assert not any(record.exc_info for record in caplog.records), "a traceback fills the disk further"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("place", PLACES)
def test_a_form_shows_the_error(cast, records, client, folder, place):
    (folder / "arriving").mkdir()
    client.force_login(cast.sven)
    client.raise_request_exception = False
    with PLACES[place]():
        page = client.post(f"/cases/{records.case.pk}/files", {"files-files": io.BytesIO(picture())})
    assert page.status_code == 507
    assert "The server has run out of disk space." in page.content.decode()
    assert not Upload.objects.exists()
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_form_that_cannot_be_buffered_shows_the_error(cast, records, client, settings):
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    client.force_login(cast.sven)
    client.raise_request_exception = False
    with mock.patch.object(TemporaryFileUploadHandler, "receive_data_chunk", raise_disk_full):
        page = client.post(f"/cases/{records.case.pk}/files", {"files-files": io.BytesIO(picture())})
    assert page.status_code == 507


def test_a_thumbnail_that_cannot_be_stored_is_created_later(alice, folder):
    with mock.patch.object(storage, "thumbnail_path", raise_disk_full):
        pk = alice.sent().split("/")[-2]
    assert thumbnail_of(pk).stat().st_size


def test_errors_of_a_full_disk_are_recognised():
    assert is_disk_full(OSError(errno.ENOSPC, ""))
    assert is_disk_full(OSError(errno.EDQUOT, ""))
    assert not is_disk_full(OSError(errno.EACCES, ""))
    assert not is_disk_full(OperationalError("database is locked"))
