"""The tour of the README: what its frames state is true on every database, and a false statement fails."""

import io
import os
import zipfile
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from PIL import Image

from scripts.throwaway_servers import another_database
from scripts.tour.agents import BrowserAgent, HttpAgent
from scripts.tour.camera import PICTURE_HEIGHT, PICTURE_WIDTH, Camera
from scripts.tour.installation import Installation
from scripts.tour.printed import COMMANDS, README, parse_commands
from scripts.tour.scenes import SCENES
from scripts.tour.scenes.kills import WRITERS, WriteLog, show_result
from scripts.tour.scenes.secrets import CODE, START_OF_CODE, Reading
from scripts.tour.story import Fact, Terminal, Tour, UntrueStatement

DOCS = Path(__file__).resolve().parents[2] / "docs"


@contextmanager
def served(folder: Path):
    """An installation on a database of the kind that the tests run on."""
    with another_database(folder) as url:
        installation = Installation(folder, url)
        installation.prepare()
        installation.start()
        try:
            yield installation
        finally:
            installation.stop()


@pytest.mark.deep
@pytest.mark.everywhere
def test_every_statement_is_true_on_every_database(tmp_path):
    """Over plain HTTP."""
    with served(tmp_path) as installation:

        def open_agent(username: str) -> HttpAgent:
            return HttpAgent(installation.address, username, installation.password)

        tour = Tour(installation, open_agent, writes=100, pages=20)
        for scene in SCENES:
            scene(tour)
        assert len(tour.captions) >= 15
        assert "Traceback" not in installation.log()


@pytest.mark.deep
@pytest.mark.browser
def test_every_statement_is_true_in_a_browser(browser, tmp_path):
    with served(tmp_path) as installation:
        camera = Camera(browser)

        def open_agent(username: str) -> BrowserAgent:
            return BrowserAgent(browser, installation.address, username, installation.password)

        tour = Tour(installation, open_agent, camera)
        for scene in SCENES:
            scene(tour)
    camera.save(tmp_path / "tour.webp", tmp_path / "still.webp", 0)
    assert_is_presentable(tmp_path / "tour.webp", tmp_path / "still.webp", len(tour.captions))


def assert_is_presentable(animation: Path, still: Path, frames: int) -> None:
    """Check sizes, number of frames, and that the animation repeats for ever and takes about a minute."""
    assert os.path.getsize(animation) <= 2_000_000
    assert os.path.getsize(still) <= 200_000
    seconds = 0.0
    with Image.open(animation) as picture:
        assert (picture.size, picture.n_frames, picture.info["loop"]) == (
            (PICTURE_WIDTH, PICTURE_HEIGHT),
            frames,
            0,
        )
        for number in range(frames):
            picture.seek(number)
            picture.load()
            seconds += picture.info["duration"] / 1000
    assert 50 <= seconds <= 75
    with Image.open(still) as picture:
        assert (picture.size, getattr(picture, "n_frames", 1)) == ((PICTURE_WIDTH, PICTURE_HEIGHT), 1)


def test_the_pictures_of_the_documents_are_presentable():
    with Image.open(DOCS / "tour.webp") as picture:
        frames = picture.n_frames
    assert frames >= 15
    assert_is_presentable(DOCS / "tour.webp", DOCS / "tour-still.webp", frames)


def test_the_readme_prints_the_requests_of_the_tour():
    ours = {(one.method, one.path): one.body for one in parse_commands(COMMANDS)}
    printed = [one for one in parse_commands(README.read_text()) if (one.method, one.path) in ours]
    assert len(ours) == 3
    assert printed
    assert {(one.method, one.path): one.body for one in printed}.items() <= ours.items()


class NoCamera:
    def take(self, *frame):
        pytest.fail("A false statement got a picture.")


def test_a_false_statement_fails_before_its_picture_is_taken():
    tour = Tour(None, None, NoCamera())
    with pytest.raises(UntrueStatement, match="the number"):
        tour.show(Terminal(""), "Alice", "saves", [Fact("true", 1, 1), Fact("the number", 1, 2)])
    with pytest.raises(ValueError, match="states nothing"):
        tour.show(Terminal(""), "Alice", "saves", [])
    assert tour.captions == []


def make_xlsx(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", text)
    return content.getvalue()


@pytest.mark.parametrize(
    ("response", "with_code"),
    [
        ({"text": f"<p>{START_OF_CODE}</p>"}, 0),
        ({"text": f"<p>{CODE}</p>"}, 1),
        ({"json": {"error": {"code": CODE}}}, 1),
        ({"text": "", "headers": {"X-Code": CODE}}, 1),
        ({"content": make_xlsx(CODE)}, 1),
        ({"content": make_xlsx("none")}, 0),
    ],
)
def test_a_secret_is_found_in_any_response(response, with_code):
    reading = Reading()
    reading.add(httpx.Response(404, **response))
    assert (reading.responses, reading.with_code) == (1, with_code)


COMPLETE = [{"version": 1, "values": {}}] + [
    {"version": version, "values": {name: f"new {prop}"}}
    for version, (prop, name) in enumerate(WRITERS.items(), start=2)
]
AGAIN = {"version": 6, "values": COMPLETE[-1]["values"]}


@pytest.mark.parametrize(
    ("history", "untrue"),
    [
        (COMPLETE, None),
        (COMPLETE[:-1], "the history has each of them once"),
        ([*COMPLETE, AGAIN], "the history has each of them once"),
        ([*COMPLETE[:-1], COMPLETE[-1] | {"version": 6}], "the versions"),
    ],
    ids=("complete", "lost", "repeated", "a gap"),
)
def test_a_lost_write_is_found(history, untrue):
    values = {prop: [f"new {prop}"] for prop in WRITERS}
    log = WriteLog(Counter(text for texts in values.values() for text in texts))
    document = {prop: texts[-1] for prop, texts in values.items()}
    api = SimpleNamespace(get=lambda path: SimpleNamespace(json=lambda: document))
    tour = Tour(SimpleNamespace(history=lambda pk: history, client=lambda username: api), None)
    if untrue is None:
        show_result(tour, Terminal(""), "", values, log)
        assert len(tour.captions) == 1
    else:
        with pytest.raises(UntrueStatement, match=untrue):
            show_result(tour, Terminal(""), "", values, log)
