"""The documents match the product."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from config.environment import LISTS, NUMBERS, TOGGLES
from scripts.screenshot_pages import missing
from tests.support.routes import every_route

ROOT = Path(settings.BASE_DIR)
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
READERS = "".join((ROOT / "config" / name).read_text() for name in ("settings.py", "environment.py"))
SETTINGS = {*re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', READERS), *TOGGLES, *NUMBERS, *LISTS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_have_targets(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    missing = [
        target for target in targets if "://" not in target and not (page.parent / target).resolve().exists()
    ]
    assert missing == []


def test_every_setting_is_documented():
    assert len(SETTINGS) > 10
    example = (ROOT / ".env.example").read_text()
    assert [name for name in sorted(SETTINGS) if f"`{name}`" not in README] == []
    assert [name for name in sorted(SETTINGS) if f"#{name}=" not in example] == []
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.M)) == SETTINGS


def test_the_commands_in_the_readme_exist():
    table = README.partition("| Command")[2].partition("## Settings")[0]
    named = re.findall(r"^\| `(\w+)", table, re.M)
    assert len(named) >= 14
    assert set(named) <= set(get_commands())
    rules = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= rules


def test_the_screenshots_cover_every_page():
    routes = [route.pattern for route in every_route() if not route.speaks_json]
    assert missing([route for route in routes if not route.startswith("admin/")]) == set()
