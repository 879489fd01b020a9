"""Pictures of the frames, with their captions, and the animation."""

import io
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from scripts.tour.agents import HEIGHT, SCALE, WIDTH, BrowserAgent
from scripts.tour.story import Terminal

STYLE = Path(__file__).with_name("tour.css")
STRIP = 56
"""The height of the caption in pixels."""
PICTURE_WIDTH, PICTURE_HEIGHT = round(WIDTH * SCALE), round(HEIGHT * SCALE) + STRIP
PAGE = '<!DOCTYPE html><meta charset="utf-8"><style>{style}</style><body class="{kind}">{content}'
CENTRE = "element => element.scrollIntoView({block: 'center', behavior: 'instant'})"


class Camera:
    """Takes a picture of each frame: the page or the terminal, and the caption below."""

    def __init__(self, browser: Browser):
        self._style = STYLE.read_text()
        self._terminal = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=SCALE
        ).new_page()
        self._strip = browser.new_context(viewport={"width": PICTURE_WIDTH, "height": STRIP}).new_page()
        self._frames: list[tuple[Image.Image, str, float]] = []

    def take(self, source: BrowserAgent | Terminal, who: str, caption: str, at: str, seconds: float) -> None:
        if isinstance(source, Terminal):
            title = f'<div class="title">{escape(source.title)}</div>'
            self._write(self._terminal, "terminal", f"{title}<pre>{source.as_html()}</pre>")
            content = self._terminal.screenshot()
        else:
            source.page.wait_for_load_state("networkidle")
            if at:
                source.page.locator(at).first.evaluate(CENTRE)
            content = source.page.screenshot(animations="disabled")
        frame = Image.new("RGB", (PICTURE_WIDTH, PICTURE_HEIGHT))
        frame.paste(Image.open(io.BytesIO(content)).convert("RGB"), (0, 0))
        self._frames.append((frame, f"<b>{escape(who)}</b><span>{escape(caption)}</span>", seconds))

    def _write(self, page, kind: str, content: str) -> None:
        page.set_content(PAGE.format(style=self._style, kind=kind, content=content))

    def save(self, animation: Path, still: Path, still_number: int) -> None:
        """Write the animation, which repeats for ever, and one of its frames."""
        count = len(self._frames)
        pictures = [self._with_caption(number, f"{number + 1}/{count}") for number in range(count)]
        durations = [round(1000 * seconds) for _picture, _caption, seconds in self._frames]
        pictures[0].save(
            animation, "WEBP", save_all=True, append_images=pictures[1:], duration=durations, loop=0,
            quality=80, method=6,
        )  # fmt: skip
        self._with_caption(still_number).save(still, "WEBP", quality=82, method=6)

    def _with_caption(self, number: int, place: str = "") -> Image.Image:
        """Return a frame with its caption, and its place among all."""
        picture, caption, _seconds = self._frames[number]
        self._write(self._strip, "strip", f"{caption}<i>{place}</i>")
        strip = Image.open(io.BytesIO(self._strip.screenshot())).convert("RGB")
        framed = picture.copy()
        framed.paste(strip, (0, PICTURE_HEIGHT - STRIP))
        return framed
