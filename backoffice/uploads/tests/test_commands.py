"""The commands `check_uploads` and `strip_uploads`, and the worker's cleanup."""

import io
import os
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import run_due
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import base
from backoffice.uploads import cleanup
from backoffice.uploads.models import Upload
from backoffice.uploads.storage import thumbnail_path, upload_path
from backoffice.uploads.tests.files import exif, picture
from backoffice.uploads.tests.upload_requests import stored_files

pytestmark = pytest.mark.django_db
VIA = ChangeContext(Channel.COMMAND)


def run(*words) -> str:
    output = io.StringIO()
    call_command(*words, stdout=output, stderr=output)
    return output.getvalue()


def upload_of(url) -> Upload:
    return Upload.objects.get(pk=url.split("/")[-2])


def test_check_uploads_lists_lost_files_with_their_records(cast, records, alice):
    lost, cut, other, whole = (
        upload_of(alice.sent(filename=f"{name}.png")) for name in ("lost", "cut", "other", "ok")
    )
    assert run("check_uploads", "--hashes") == "All 4 uploads have their files.\n"
    address = f"https://desk.example.com{lost.get_absolute_url()}"
    services.update(records.complaint, {"images": [address]}, actor=cast.alice, context=VIA)
    upload_path(lost.pk).unlink()
    upload_path(cut.pk).write_bytes(b"")
    upload_path(other.pk).write_bytes(bytes(other.size))
    output = io.StringIO()
    with pytest.raises(CommandError, match="3 of 4 uploads have a missing or changed file"):
        call_command("check_uploads", "--hashes", stdout=output)
    assert (
        f"{lost.pk} {lost.at:%Y-%m-%d} is missing: lost.png (shown by facility.complaint" in output.getvalue()
    )
    assert f"{cut.pk} {cut.at:%Y-%m-%d} has a different size: cut.png\n" in output.getvalue()
    assert "has different content: other.png" in output.getvalue()
    assert whole.pk not in output.getvalue()
    with pytest.raises(CommandError, match="2 of 4"):
        run("check_uploads")


def test_strip_uploads_removes_metadata_of_older_pictures(alice, folder):
    old, new = upload_of(alice.sent(content=picture("JPEG"))), upload_of(alice.sent())
    upload_path(old.pk).write_bytes(picture("JPEG", exif=exif(6)))
    broken = upload_of(alice.sent())
    upload_path(broken.pk).write_bytes(b"no picture")
    output = run("strip_uploads")
    assert "Would change 1 pictures." in output
    assert f"{broken.pk} was not changed" in output
    assert b"CameraMaker" in upload_path(old.pk).read_bytes()
    assert "Changed 1 pictures." in run("strip_uploads", "--yes")
    assert b"CameraMaker" not in upload_path(old.pk).read_bytes()
    kept_new = Upload.objects.get(pk=new.pk)
    assert (kept_new.sha256, kept_new.size) == (new.sha256, new.size)
    upload_path(broken.pk).write_bytes(picture())
    assert run("check_uploads", "--hashes").startswith("All 3")
    assert "Would change 0 pictures." in run("strip_uploads")
    assert not list((folder / "arriving").iterdir())


def run_hourly(later=False) -> int:
    """Do the jobs that are due: now, or after an hour."""
    if later:
        QueuedJob.objects.update(due_at=base.now())
    return run_due()


def test_the_worker_removes_unused_uploads(cast, records, alice, folder, settings, monkeypatch):
    settings.UPLOAD_UNUSED_DAYS = 7
    shown = upload_of(alice.sent())
    services.update(
        records.complaint, {"images": [f"https://x{shown.get_absolute_url()}"]}, actor=cast.alice, context=VIA
    )
    old = [upload_of(alice.sent()) for _turn in range(3)]
    new = upload_of(alice.sent())
    past = base.now() - timedelta(days=8)
    Upload.objects.exclude(pk=new.pk).update(at=past, let_go_at=past)
    for name, hours in (("stopped", 25), ("arriving-now", 1)):
        path = folder / "arriving" / name
        path.write_bytes(b"x")
        os.utime(path, (0, (base.now() - timedelta(hours=hours)).timestamp()))
    unknown = folder / "ab" / "cd" / ("abcd" + "0" * 20)  # it may belong to another database
    unknown.parent.mkdir(parents=True, exist_ok=True)
    unknown.write_bytes(b"x")
    os.utime(unknown, (0, 0))
    monkeypatch.setattr(cleanup, "BATCH", 2)
    run("run_jobs")
    assert not run_hourly()
    assert run_hourly(later=True)
    assert Upload.objects.count() == 3  # in batches
    assert run_hourly(later=True)
    assert set(Upload.objects.values_list("pk", flat=True)) == {shown.pk, new.pk}
    names = {path.name for path in stored_files(folder)}
    assert names == {shown.pk, new.pk, unknown.name, "arriving-now"}
    assert not thumbnail_path(old[0].pk).exists()
    assert thumbnail_path(shown.pk).exists()


def test_run_jobs_cleans_up_too(alice, folder):
    alice.sent()
    past = base.now() - timedelta(days=31)
    Upload.objects.update(at=past, let_go_at=past)
    run("run_jobs")
    QueuedJob.objects.update(due_at=past)
    run("run_jobs")
    assert not Upload.objects.exists()
    assert stored_files(folder) == []
