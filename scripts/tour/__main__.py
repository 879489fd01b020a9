"""Draw the tour of the README, or only check what it states.

    .venv/bin/python -m scripts.tour            docs/tour.webp and docs/tour-still.webp, on SQLite
    .venv/bin/python -m scripts.tour --check    no pictures; on a new database of the server of DATABASE_URL, or on SQLite

It serves an installation of its own on a free port, with the demo's users and three records. CHROMIUM names the browser.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import httpx
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright

from scripts.screenshots import BROWSER_OPTIONS
from scripts.throwaway_servers import another_database
from scripts.tour.agents import BrowserAgent, UnexpectedPage
from scripts.tour.camera import Camera
from scripts.tour.installation import ROOT, Installation, NoInstallation
from scripts.tour.scenes import SCENES
from scripts.tour.story import Tour, UntrueStatement

ANIMATION, STILL = ROOT / "docs" / "tour.webp", ROOT / "docs" / "tour-still.webp"
STILL_CAPTION = "The history: has an entry from each channel"
"""The start of the caption of the frame that the README shows to readers who want no animation."""


def run(chromium: str, folder: Path, database_url: str, draws: bool) -> None:
    installation = Installation(folder, database_url)
    installation.prepare()
    installation.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_OPTIONS)

            def open_agent(username: str) -> BrowserAgent:
                return BrowserAgent(browser, installation.address, username, installation.password)

            camera = Camera(browser) if draws else None
            tour = Tour(installation, open_agent, camera)
            for scene in SCENES:
                scene(tour)
            if camera:
                still = [caption.startswith(STILL_CAPTION) for caption in tour.captions].index(True)
                camera.save(ANIMATION, STILL, still)
            browser.close()
    except Exception:
        print(installation.log(), file=sys.stderr)
        raise
    finally:
        installation.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="check the statements, and draw nothing")
    arguments = parser.parse_args()
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    if chromium is None:
        print(
            "The tour needs Chromium. On Debian: apt install chromium. Or set CHROMIUM to its path.",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="tour-") as name:
        folder = Path(name)
        url = os.environ.get("DATABASE_URL", "") if arguments.check else f"sqlite:///{folder}"
        try:
            with another_database(folder, url or f"sqlite:///{folder}") as database_url:
                run(chromium, folder, database_url, draws=not arguments.check)
        except (UntrueStatement, UnexpectedPage, NoInstallation, PlaywrightError, httpx.HTTPError) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
