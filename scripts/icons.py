"""Draw the icons of `static/` from `static/caretaker.svg`, in Chromium.

.venv/bin/python scripts/icons.py
"""

import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parents[1] / "static"
ICONS = {"icon-192.png": (192, 1, False), "icon-512.png": (512, 1, False), "icon-180.png": (180, 1, True),
         "icon-maskable.png": (512, 0.8, True)}  # fmt: skip
"""Name: (size in pixels, part of it that the drawing fills, whether its colour fills the background)."""


def main() -> None:
    drawing = (STATIC / "caretaker.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (size, part, filled) in ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            colour = "#0f6e69" if filled else "transparent"
            page.set_content(
                f"<style>body{{margin:0;height:100vh;display:grid;place-items:center;background:{colour}}}"
                f"svg{{width:{part:%}}}</style>{drawing}"
            )
            image = Image.open(io.BytesIO(page.screenshot(omit_background=True)))
            image.quantize(64, method=Image.Quantize.FASTOCTREE).save(STATIC / name, optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
