"""The cost of opening files, and that expensive files block no one else."""

import contextlib
import io
import os
import resource
import signal
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from backoffice.uploads import decoder_client
from backoffice.uploads.decoder import exceptions
from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.decoder.images import read_picture
from backoffice.uploads.decoder_client import Decoder, DecoderBusy
from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import animation, chunk, picture, riff, scans, segment
from backoffice.uploads.tests.upload_requests import FILES, IMAGES, assert_refused, stored_files
from backoffice.uploads.thumbnails import thumbnail_of

pytestmark = [pytest.mark.django_db, pytest.mark.attack]


def frames(format: str, count: int) -> bytes:
    """Return an animation that repeats one small picture."""
    if format == "GIF":
        data = animation("GIF", 2)
        at = data.index(b"\x21\xf9", data.index(b"\x21\xf9") + 2)
        return data[:-1] + data[at:-1] * count + b";"
    if format == "PNG":
        data = animation("PNG", 2)
        at = data.rindex(b"fcTL") - 4
        return data[:-12] + data[at:-12] * count + data[-12:]
    data = animation("WEBP", 2)
    at = data.rindex(b"ANMF")
    whole = data + data[at:] * count
    return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def with_chunks(count: int) -> bytes:
    data = picture()
    return data[:33] + chunk(b"tEXt", b"a\0b") * count + data[33:]


def with_segments(count: int) -> bytes:
    data = picture("JPEG")
    return data[:2] + segment(0xFE, b"") * count + data[2:]


def with_riff_chunks(count: int) -> bytes:
    whole = picture("WEBP") + riff(b"abcd", b"") * count
    return whole[:4] + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def large_png(width: int, height: int, colour=0, bits=1) -> bytes:
    """Return a picture of one colour, compressed to almost nothing."""
    row = b"\0" + bytes((width * bits + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _row in range(height)) + packer.flush()
    head = (
        width.to_bytes(4, "big")
        + height.to_bytes(4, "big")
        + bytes([bits if bits == 1 else 8, colour, 0, 0, 0])
    )
    return picture()[:8] + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


COSTLY = {
    "scans": (lambda: scans(100), exceptions.SCANS),
    "GIF of frames": (lambda: frames("GIF", 100), exceptions.FRAMES),
    "PNG of frames": (lambda: frames("PNG", 100), exceptions.FRAMES),
    "WEBP of frames": (lambda: frames("WEBP", 100), exceptions.FRAMES),
    "PNG of chunks": (lambda: with_chunks(20_001), exceptions.PARTS),
    "JPEG of segments": (lambda: with_segments(20_001), exceptions.PARTS),
    "WEBP of chunks": (lambda: with_riff_chunks(20_001), exceptions.PARTS),
    "PNG of pixels": (lambda: large_png(60_000, 60_000 // 59), exceptions.PIXELS),
}


@pytest.mark.parametrize("what", COSTLY)
def test_expensive_files_are_refused_before_decoding(what):
    make, reason = COSTLY[what]
    format = "JPEG" if what == "scans" else what.split()[0]
    with pytest.raises(DecodingRefused) as refused:
        read_picture(make(), format)
    assert refused.value.reason == reason


def test_ordinary_files_are_accepted():
    assert read_picture(scans(80), "JPEG").format == "JPEG"
    for format in ("GIF", "PNG", "WEBP"):
        assert read_picture(frames(format, 90), format).format == format
    assert read_picture(with_chunks(1000), "PNG").data == picture()


def test_users_see_the_reason(alice, sven, folder):
    assert_refused(alice.send(IMAGES, scans(300)), 400, "file", folder)
    assert_refused(sven.send(FILES, scans(300)), 422, "file", folder, telecomx=True)
    message = alice.send(IMAGES, scans(300)).json()["message"]
    assert message.startswith("file: This image is saved in more than 100 passes. Save it")
    message = alice.send(IMAGES, frames("GIF", 300)).json()["message"]
    assert message == "file: This animation has more than 100 frames. Upload a shorter one."


@pytest.fixture
def decoder(monkeypatch):
    """A decoder of this test's own."""
    own = Decoder()
    monkeypatch.setattr(decoder_client, "_decoder", own)
    yield own
    own.stop()


@pytest.mark.slow
def test_a_busy_decoder_soon_responds_503_with_retry_after(alice, sven, folder, decoder, monkeypatch):
    assert decoder_client.PATIENCE == 0.5
    monkeypatch.setattr(decoder_client.open_file, "__kwdefaults__", {"patience": 0.01})
    url = alice.sent()
    pk = url.split("/")[-2]
    (folder / "thumbnails" / pk[:2] / pk).unlink()
    with decoder.lock:
        begun = time.monotonic()
        for sender, address in ((alice, IMAGES), (sven, FILES)):
            answer = sender.send(address, picture())
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
            assert "Upload this one again in a moment." in answer.content.decode()
        answer = alice.get(f"/uploads/{pk}")
        assert (answer.status_code, answer["Retry-After"]) == (503, "5")
        assert alice.get(url).status_code == 200
        assert time.monotonic() - begun < 10
    assert Upload.objects.count() == len(stored_files(folder)) == 1
    assert alice.get(f"/uploads/{pk}")["Content-Type"] == "image/webp"


def test_a_record_page_reports_files_that_could_not_be_opened(cast, records, client, decoder, monkeypatch):
    monkeypatch.setattr(decoder_client.open_file, "__kwdefaults__", {"patience": 0.01})
    client.force_login(cast.alice)
    with decoder.lock:
        sent = {"files-images": io.BytesIO(picture())}
        page = client.post(f"/complaints/{records.complaint.pk}/files", sent, follow=True)
    assert "Other files are being processed. Upload this one again in a moment." in page.content.decode()
    assert not Upload.objects.exists()


@pytest.mark.slow
def test_a_killed_process_is_replaced(alice, decoder):
    alice.sent()
    first = decoder.process.pid
    os.kill(first, signal.SIGKILL)
    alice.sent()
    assert decoder.process.pid != first


def call_during_decoding(decoder, monkeypatch, work) -> None:
    """Call `work` when the process has received the next file."""
    read, lines = decoder._read, []

    def noting(seconds):
        lines.append(read(seconds))
        if len(lines) == 1:
            work()
        return lines[-1]

    monkeypatch.setattr(decoder, "_read", noting)


@pytest.mark.slow
def test_a_file_that_kills_its_process_is_refused_and_others_are_accepted(
    alice, folder, decoder, monkeypatch
):
    alice.sent()
    call_during_decoding(decoder, monkeypatch, lambda: os.kill(decoder.process.pid, signal.SIGKILL))
    answer = alice.send(IMAGES, picture(size=(2000, 2000)))
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("file: This file takes too long or too much memory")
    alice.sent()
    assert len(stored_files(folder)) == 2


@pytest.mark.slow
def test_a_process_that_does_not_respond_is_stopped(alice, folder, decoder, monkeypatch):
    alice.sent()
    first = decoder.process.pid
    monkeypatch.setattr(decoder_client, "DEADLINE", 0.1)
    call_during_decoding(decoder, monkeypatch, lambda: os.kill(first, signal.SIGSTOP))
    message = alice.send(IMAGES, picture(size=(2000, 2000))).json()["message"]
    assert message.startswith("file: This file takes too long")
    monkeypatch.undo()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert len(stored_files(folder)) == 1


@pytest.mark.slow
def test_a_process_that_exited_while_idle_is_replaced(alice, decoder, monkeypatch):
    alice.sent()
    os.kill(decoder.process.pid, signal.SIGTERM)
    monkeypatch.setattr(decoder.process, "poll", lambda: None)  # the exit has not been noticed yet
    alice.sent()


@pytest.mark.slow
def test_a_process_opens_a_limited_number_of_files(alice, decoder, monkeypatch):
    monkeypatch.setattr(decoder_client, "MAX_REQUESTS", 2)
    alice.sent()
    first = decoder.process.pid
    alice.sent()
    assert decoder.process is None
    alice.sent()
    assert decoder.process.pid != first


def test_a_process_that_does_not_start_does_not_refuse_the_file(alice, folder, decoder, monkeypatch):
    for program in ("/bin/false", "/nowhere"):
        monkeypatch.setattr(decoder_client.sys, "executable", program)
        answer = alice.send(IMAGES, picture())
        assert_refused(answer, 503, None, folder)


def test_a_refused_file_leaves_nothing(alice, folder, decoder):
    assert_refused(alice.send(IMAGES, picture("JPEG")[:-2]), 400, "file", folder)
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def children_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


LARGEST = {
    "png of one bit": lambda: large_png(30_000, 1_999),
    "png of colours": lambda: large_png(7_700, 7_700, 2, 24),
    "interlaced": lambda: _saved("PNG", (5_000, 5_000)),
    "progressive of many scans": lambda: scans(85, (7_000, 7_000)),
    "jpeg that has to be turned": lambda: _saved("JPEG", (7_000, 7_000), 6),
    "png that has to be turned": lambda: _saved("PNG", (7_000, 7_000), 6),
    "webp that has to be turned": lambda: _saved("WEBP", (7_000, 7_000), 6),
    "gif of large frames": lambda: frames_of(7_000, 7_000, 90),
    "jpeg of stuffing": lambda: picture("JPEG")[:-2] + b"\xff\x00" * 4_000_000 + b"\xff\xd9",
    "jpeg of fill bytes": lambda: picture("JPEG")[:2] + b"\xff" * 9_000_000 + picture("JPEG")[2:],
    "gif of blocks": lambda: picture("GIF")[:-1] + b"\x21\xfe" + b"\x01a" * 4_000_000 + b"\0;",
    "text": lambda: b"\xff" * 9_000_000,
    "escapes": lambda: b"\x1b[" * 4_500_000,
    "zip of names": lambda: _zip_of_names(),
}


def _saved(format: str, size, orientation=1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.effect_mandelbrot(size, (-3, -2.5, 2, 2.5), 20).convert("RGB").save(
        made := io.BytesIO(), format, exif=exif
    )
    return made.getvalue()


def frames_of(width: int, height: int, count: int) -> bytes:
    data = bytearray(frames("GIF", count))
    data[6:10] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return bytes(data)


def _zip_of_names() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for n in range(70_000):
            archive.writestr(f"a{n}", b"")
    return made.getvalue()


@pytest.mark.deep
@pytest.mark.parametrize("what", LARGEST)
def test_the_most_expensive_files_take_seconds(tmp_path, decoder, what):
    source = tmp_path / "source"
    source.write_bytes(LARGEST[what]())
    answer = ""
    with contextlib.suppress(DecodingRefused):
        answer = decoder_client.open_file(
            source, tmp_path / "kept", tmp_path / "small", documents=True, patience=60
        )
    before = children_time()
    decoder.stop()
    spent = children_time() - before
    assert spent < 13, (what, spent, answer)


@pytest.mark.deep
@pytest.mark.usefixtures("db")
def test_expensive_pictures_do_not_block_other_threads(tmp_path, decoder):
    """While one thread waits for a costly picture, other threads soon get DecoderBusy."""
    costly, cheap = tmp_path / "costly", tmp_path / "cheap"
    costly.write_bytes(scans(85, (7_000, 7_000)))
    cheap.write_bytes(picture())
    decoder_client.open_file(cheap, None, tmp_path / "s", documents=False)

    def open_costly():
        with contextlib.suppress(DecodingRefused):
            decoder_client.open_file(costly, None, tmp_path / "t", documents=False, patience=60)

    slow = threading.Thread(target=open_costly)
    slow.start()
    time.sleep(0.2)

    def ask(_turn) -> float:
        begun = time.monotonic()
        with contextlib.suppress(DecoderBusy):
            decoder_client.open_file(cheap, None, Path(tmp_path / "u"), documents=False)
        return time.monotonic() - begun

    with ThreadPoolExecutor(5) as pool:
        assert max(pool.map(ask, range(5))) < 5
    slow.join()


@pytest.mark.slow
def test_thumbnails_are_created_once_by_the_same_process(alice, folder, decoder):
    pk = alice.sent(content=picture(size=(900, 600))).split("/")[-2]
    made = thumbnail_of(pk)
    with Image.open(made) as small:
        assert (small.format, small.size) == ("WEBP", (320, 213))
    made.unlink()
    count = decoder.count
    assert thumbnail_of(pk) == thumbnail_of(pk) == made
    assert decoder.count == count + 1
