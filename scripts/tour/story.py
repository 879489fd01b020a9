"""The frames of the tour and their facts."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

from scripts.tour.agents import Agent
from scripts.tour.installation import Installation

SECONDS = 2.9
"""How long a frame is shown."""


class UntrueStatement(Exception):
    """A frame states what the installation does not confirm."""


@dataclass(frozen=True)
class Fact:
    """What the installation says, and what the frame states."""

    what: str
    found: object
    stated: object


@dataclass
class Terminal:
    """A picture of a terminal: lines of text, each with a style (see `terminal.css`)."""

    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    def add(self, text: str, style: str = "") -> "Terminal":
        self.lines += [(style, line) for line in text.split("\n")]
        return self

    def as_html(self) -> str:
        return "".join(f'<div class="{style}">{escape(line) or "&nbsp;"}</div>' for style, line in self.lines)


class Camera(Protocol):
    """Takes the pictures."""

    def take(self, source: Agent | Terminal, who: str, caption: str, at: str, seconds: float) -> None: ...


class Tour:
    """One run through the scenes on one installation: with so many writes while the server is killed, and so many
    pages that are searched for a door code."""

    def __init__(
        self,
        installation: Installation,
        open_agent: Callable[[str], Agent],
        camera: Camera | None = None,
        *,
        writes: int = 500,
        pages: int = 60,
    ):
        self.installation, self.writes, self.pages = installation, writes, pages
        self._open_agent, self._camera = open_agent, camera
        self._agents: dict[str, Agent] = {}
        self.captions: list[str] = []

    def agent(self, username: str) -> Agent:
        """Return the page of a user, who is signed in."""
        if username not in self._agents:
            self._agents[username] = self._open_agent(username)
        return self._agents[username]

    def show(
        self,
        source: Agent | Terminal,
        who: str,
        caption: str,
        facts: list[Fact],
        *,
        at: str = "",
        seconds: float = SECONDS,
    ) -> None:
        """Check the facts of a frame, then take its picture, with the elements of `at` in view."""
        if not facts:
            raise ValueError(f"The frame “{caption}” states nothing.")
        for fact in facts:
            if fact.found != fact.stated:
                raise UntrueStatement(
                    f"{who}: {caption}\n  {fact.what}\n    is     {fact.found!r}\n    not    {fact.stated!r}"
                )
        if self._camera is not None:
            self._camera.take(source, who, caption, at, seconds)
        self.captions.append(f"{who}: {caption}")
        print(f"  {who}: {caption} ({len(facts)} checked)", file=sys.stderr, flush=True)
