"""The documents match the product."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from backoffice.records import fields
from config.environment import LISTS, NUMBERS, TOGGLES
from scripts.screenshot_pages import missing
from tests.support.routes import every_route

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text()
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
LONG_PAGES = {"conformance.md", "api/properties.md"}  # generated
SHORT_PAGES = [page for page in sorted(DOCS.rglob("*.md")) if str(page.relative_to(DOCS)) not in LONG_PAGES]
MOST_WORDS = {"performance.md": 1500}
"""How many words a page may have that may have more than 800."""
READERS = "".join((ROOT / "config" / name).read_text() for name in ("settings.py", "environment.py"))
SETTINGS = {*re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', READERS), *TOGGLES, *NUMBERS, *LISTS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_have_targets(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    missing = [
        target for target in targets if "://" not in target and not (page.parent / target).resolve().exists()
    ]
    assert missing == []


def test_every_type_of_property_is_documented():
    types = [name for name in fields.__all__ if name.endswith("Field")]
    table = (ROOT / "docs/development/add-a-property.md").read_text().partition("## Types of properties")[2]
    assert len(types) > 10
    assert [name for name in types if not re.search(rf"`{name}\b", table)] == []


def heading_anchors(page):
    """Return the anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_headings_have_targets(page):
    targets = re.findall(r"\]\(([^)\s:]*)#([^)\s]+)\)", page.read_text())
    wrong = [
        f"{target}#{anchor}"
        for target, anchor in targets
        if anchor not in heading_anchors((page.parent / target) if target else page)
    ]
    assert wrong == []


def test_every_page_is_reachable_from_the_index():
    found, waiting = set(), [DOCS / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in found and page.suffix == ".md" and page.is_relative_to(DOCS) and page.exists():
            found.add(page)
            waiting += [
                (page.parent / link).resolve() for link in re.findall(r"\]\(([^)#:\s]+)", page.read_text())
            ]
    assert set(DOCS.rglob("*.md")) - found == set()


@pytest.mark.parametrize("page", SHORT_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_are_short(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    lines = [line for line in text.splitlines() if not re.match(r" {4}|\|[-:| ]+\|$", line)]
    words = re.findall(r"\S*\w\S*", " ".join(lines))
    assert len(words) <= MOST_WORDS.get(str(page.relative_to(DOCS)), 800)


@pytest.mark.parametrize("folder", ["user", "admin", "operations"])
def test_links_show_titles_instead_of_paths(folder):
    for page in (DOCS / folder).glob("*.md"):
        assert re.findall(r"\[([^\]]*[a-z]\.md)\]\(", page.read_text()) == [], page


def rows_of(page: Path) -> list[list[str]]:
    """Return the cells of all table rows of a page that begin with code."""
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in page.read_text().splitlines()
        if line.startswith("| `")
    ]


def test_every_setting_is_documented():
    assert len(SETTINGS) > 10
    rows = rows_of(DOCS / "operations/settings.md")
    documented = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row[0])}
    assert documented == SETTINGS | {"HOST", "PORT", "WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"}
    example = (ROOT / ".env.example").read_text()
    assert [name for name in sorted(SETTINGS) if f"#{name}=" not in example] == []
    assert set(re.findall(r"^#?([A-Z_]+)=", example, re.M)) == SETTINGS


def test_the_documented_default_of_each_number_is_right():
    defaults = {row[0].strip("`"): row[1] for row in rows_of(DOCS / "operations/settings.md")}
    assert defaults.pop("HSTS_SECONDS") == "a year"
    for name in NUMBERS.keys() - {"HSTS_SECONDS"}:
        assert defaults[name] == str(NUMBERS[name][0])


def test_every_command_is_documented_with_options_that_exist():
    commands = get_commands()
    usages = dict(row[0].strip("`").partition(" ")[::2] for row in rows_of(DOCS / "operations/commands.md"))
    own = {name for name, app in commands.items() if app.startswith("backoffice.")}
    assert len(own) > 15
    assert own <= usages.keys() <= commands.keys()
    for name, usage in usages.items():
        parser = load_command_class(commands[name], name).create_parser("manage.py", name)
        assert set(re.findall(r"--[\w-]+", usage)) <= parser._option_string_actions.keys(), name


def test_the_readme_names_targets_that_exist():
    rules = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"make ([a-z-]+)", README)) <= rules


def test_the_screenshots_cover_every_page():
    routes = [route.pattern for route in every_route() if not route.speaks_json]
    assert missing(routes) == set()
