"""`remove_unused_uploads`: unused uploads and stray files."""

import io
import os
from datetime import timedelta
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import base
from backoffice.uploads import cleanup
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.upload_requests import stored_files

pytestmark = pytest.mark.django_db
VIA = ChangeContext(Channel.COMMAND)


def remove_unused(*words) -> str:
    output = io.StringIO()
    call_command("remove_unused_uploads", *words, stdout=output)
    return output.getvalue()


def days_ago(days):
    return base.now() - timedelta(days=days)


def age_uploads(days, **which) -> None:
    """Date uploads back by a number of days."""
    Upload.objects.filter(**which).update(at=days_ago(days), let_go_at=days_ago(days))


def test_it_lists_unused_uploads_and_removes_them_by_option(alice, folder):
    old, new = alice.sent(filename="old.png"), alice.sent(filename="new.png")
    age_uploads(31, name="old.png")
    output = remove_unused()
    assert "old.png" in output
    assert "new.png" not in output
    assert "Would remove 1 files" in output
    assert len(stored_files(folder)) == Upload.objects.count() == 2
    output = remove_unused("--yes")
    assert "Removed 1 files" in output
    assert alice.get(old).status_code == 404
    assert alice.get(new).status_code == 200
    assert [path.name for path in stored_files(folder)] == [Upload.objects.get().pk]
    assert "Removed 0 files, 0 bytes." in remove_unused("--yes")


def test_it_keeps_used_uploads_and_counts_days_since_their_last_use(cast, records, alice):
    url = alice.sent()
    shown = services.update(records.complaint, {"images": [url]}, actor=cast.alice, context=VIA).record
    age_uploads(400)
    assert "Removed 0 files" in remove_unused("--yes")
    services.update(shown, {"images": []}, actor=cast.alice, context=VIA, at=days_ago(3))
    assert "Removed 0 files" in remove_unused("--yes")
    age_uploads(40)
    assert "Removed 1 files" in remove_unused("--yes")


def test_the_number_of_days_is_an_option(alice):
    alice.sent()
    age_uploads(5)
    assert "Would remove 0" in remove_unused("--older-than", "6")
    assert "Would remove 1" in remove_unused("--older-than", "4")
    for days in ("0", "-1", "99999"):
        with pytest.raises(CommandError):
            remove_unused("--older-than", days)


def test_an_upload_used_concurrently_is_kept(cast, records, alice, folder):
    url = alice.sent()
    age_uploads(40)

    def shown_just_now(upload):
        services.update(records.complaint, {"images": [url]}, actor=cast.alice, context=VIA)
        return cleanup.remove_upload(upload)

    command = "backoffice.uploads.management.commands.remove_unused_uploads.remove_upload"
    with mock.patch(command, shown_just_now):
        assert "Removed 0 files" in remove_unused("--yes")
    assert alice.get(url).status_code == 200


def test_it_removes_old_stray_files(alice, folder):
    alice.sent()
    strays = [folder / "ab" / "cd" / ("abcd" + "0" * 20), folder / "arriving" / "tmpx"]
    bystanders = [folder / "readme.txt", folder / "ab" / "cd" / "notes"]
    for path in strays + bystanders:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert "Removed 0 files" in remove_unused("--yes")
    for path in stored_files(folder):
        os.utime(path, (0, days_ago(31).timestamp()))
    assert "Would remove 2 files" in remove_unused()
    assert "Removed 2 files, 2 bytes." in remove_unused("--yes")
    assert not any(path.exists() for path in strays)
    assert all(path.exists() for path in bystanders)
    assert len(stored_files(folder)) == 3
