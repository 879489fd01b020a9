"""docs/conformance.md and docs/api/properties.md match the documented pages, the OpenAPI documents and what the tests
prove; docs/requirements.md names files and tests that exist."""

import ast
import json
import re
from dataclasses import replace
from importlib.metadata import version

import pytest

from scripts import conformance, property_tables
from scripts.documented_pages import FILES, ROOT, parse, read_text
from tests.support.documented_properties import (
    CHANNELS,
    KEPT_ROWS,
    OUTCOMES,
    PAGES,
    ROWS,
    expected_steps,
)

ORDERED_PACKAGES = {
    "django": "django",
    "django-environ": "environ",
    "django-mongodb-backend": "django_mongodb_backend",
    "django-crispy-forms": "crispy_forms",
    "django-filter": "django_filters",
    "whitenoise": "whitenoise",
    "gunicorn": "gunicorn",
    "pytest-django": "pytest_django",
    "factory-boy": "factory",
}
"""The ordered packages by the modules that our files import. (django-mongodb-backend stands for djongo.)"""
OWN_FILES = [
    *(path for name in ("backoffice", "config", "facility") for path in sorted((ROOT / name).rglob("*.py"))),
    ROOT / "conftest.py",
]
RECORDED = conformance.read_recorded()
REQUIREMENTS = ROOT / "docs/requirements.md"
each_page = pytest.mark.parametrize("page", PAGES)


def expected_outcomes() -> dict:
    """Return the outcomes if every test that records one passes."""
    expected = {f"{row.page} {row.path}": expected_steps(row) for row in [*ROWS, *KEPT_ROWS]}
    for page, parsed in PAGES.items():
        for each in parsed.properties:
            if each.required:
                channels = expected.setdefault(f"{page} {each.path}", {})
                channels["json"] = [*channels.get("json", []), "required"]
        for outcome, answers in OUTCOMES.items():
            expected[f"{page} {outcome}"] = {"json": [answers["case" if page == "case" else "facility"]]}
    return {
        name: {channel: sorted(steps) for channel, steps in channels.items() if steps}
        for name, channels in expected.items()
    }


@each_page
def test_no_documented_property_is_missing(page):
    rows = [row.path for row in [*ROWS, *KEPT_ROWS] if row.page == page]
    assert sorted(rows) == sorted(PAGES[page].paths)


@pytest.mark.parametrize("database", conformance.DATABASES)
def test_the_recorded_outcomes_are_those_of_the_tests(database):
    """Each test of the suite asserts all its rows, on each database: so a recorded step that is untrue fails there."""
    assert RECORDED[database] == expected_outcomes()


def test_the_page_is_what_make_conformance_writes():
    assert conformance.PAGE.read_text() == conformance.render(RECORDED)


def test_the_tables_of_properties_are_current():
    text = property_tables.PAGE.read_text()
    assert text == property_tables.render(), "Run `python -m scripts.property_tables`."
    sections = text.split("\n## ")[1:]
    for section, parsed in zip(sections, PAGES.values(), strict=True):
        assert section.startswith(f"`{parsed.method} {parsed.address}`\n")
        documented = section.partition(property_tables.OURS)[0]
        assert sorted(re.findall(r"^\| `(\S+)` \|", documented, re.MULTILINE)) == sorted(
            each.path for each in parsed.properties if each.type.lower() != "object"
        )


def test_every_step_that_is_missing_has_a_reason():
    for row in [*ROWS, *KEPT_ROWS]:
        steps = {f"{channel} {step}" for channel in CHANNELS for step in conformance.STEPS}
        assert row.deviations.keys() <= steps
        assert all(row.deviations.values())


ADDED = {
    "complaint": ("comment\nstring\n\nInternal comment", "colour\nstring\n\nColour\n\n"),
    "object": ("rating\nnumber\n", "colour\nstring | null\n\nColour\n\n"),
    "case": ("| solved | Boolean |", "| colour | Number | Colour of the case | ||\n"),
}


@each_page
@pytest.mark.parametrize("part", ["request", "response"])
def test_a_property_that_is_added_to_a_page_is_noticed(page, part, monkeypatch):
    before, added = ADDED[page]
    head, tail = read_text(page).split("\nResponse\n")
    assert head.count(before) == tail.count(before) == 1
    if part == "request":
        head = head.replace(before, added + before)
    else:
        tail = tail.replace(before, added + before)
    parsed = parse(f"{head}\nResponse\n{tail}")
    assert ("colour" in parsed.paths, "colour" in parsed.answered) == (part == "request", part == "response")
    if part == "request":
        monkeypatch.setitem(PAGES, page, parsed)
        with pytest.raises(SystemExit, match="no test knows the documented property colour"):
            conformance.render(RECORDED)


def test_a_property_that_is_added_to_an_example_is_noticed():
    text = read_text("object").replace('"fax": "<string>"', '"fax": "<string>", "pager": {"code": 1}')
    parsed = parse(text)
    assert [path for path in parsed.paths if "pager" in path] == ["contact.pager.code"]
    assert parsed.by_path["contact.pager"].is_container


@each_page
def test_request_response_and_example_have_the_same_properties(page):
    parsed = PAGES[page]
    listed = {each.path.partition(".")[0].removesuffix("[]") for each in parsed.properties}
    # The third page documents `response` in the request only.
    assert listed - parsed.example.keys() == ({"response"} if page == "case" else set())
    assert parsed.example.keys() <= listed
    missing = {path for path in parsed.by_path if path not in parsed.answered}
    assert {path.partition(".")[0] for path in missing} == ({"response"} if page == "case" else set())
    assert parsed.answered <= parsed.by_path.keys()


@each_page
def test_every_line_of_a_list_of_properties_is_parsed(page):
    """A property of an unknown type must not be skipped."""
    request = (
        read_text(page).split("\nBody\n" if page != "case" else "\nRequest\n")[1].split("\nResponse\n")[0]
    )
    if page == "case":
        lines = re.findall(r"^\| (?:Body \| )?([\w.\[\]]+) \|", request, re.MULTILINE)
        names = [line for line in lines if line not in ("URL", "Method", "Param")]
    else:
        # A line with one word that another line follows is a name, or the type of a required property.
        names = re.findall(r"^(\w+)\n(?!\n|required\n)", request, re.MULTILINE)
    listed = [each.name for each in PAGES[page].properties if page == "case" or "." not in each.name]
    assert list(dict.fromkeys(names)) == listed


def test_every_documented_status_is_an_outcome():
    for page, parsed in PAGES.items():
        expected = {outcome["case" if page == "case" else "facility"] for outcome in OUTCOMES.values()}
        documented = {f"{status.code} {status.message}".strip() for status in parsed.statuses}
        assert documented and documented <= expected


def test_outcomes_of_one_database_only_are_no_proof():
    outcomes = json.loads(json.dumps(RECORDED))
    outcomes["mongodb"]["object rating"]["browser"].remove("refuses")
    with pytest.raises(SystemExit, match="object-rating, browser: no test proves refuses"):
        conformance.render(outcomes)


def test_a_reason_for_a_proven_step_is_refused(monkeypatch):
    row = next(row for row in ROWS if row.id == "object-rating")
    monkeypatch.setitem(row.deviations, "browser refuses", "never")
    with pytest.raises(SystemExit, match="object-rating, browser: a deviation is stated"):
        conformance.render(RECORDED)
    assert replace(row, deviations={}).has("browser", "refuses")


def test_the_text_of_the_page_is_short():
    assert set(FILES) == set(PAGES)
    prose = [line for line in conformance.PAGE.read_text().splitlines() if line[:1] != "|"]
    assert len(" ".join(prose).split()) <= 800


def defined_tests(path: str) -> set[str]:
    return {
        node.name for node in ast.parse((ROOT / path).read_text()).body if isinstance(node, ast.FunctionDef)
    }


def test_the_requirements_name_files_and_tests_that_exist():
    text = REQUIREMENTS.read_text()
    tests = re.findall(r"`([\w/]+\.py)::(\w+)`", text)
    assert len(tests) >= 20
    for path, name in tests:
        assert name.startswith("test_") and name in defined_tests(path), (path, name)
    paths = re.findall(r"`([\w./-]*(?:/|\.\w{1,4}))`", text)
    assert len(paths) >= 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_ordered_files_are_at_the_top():
    text = REQUIREMENTS.read_text()
    ordered = re.search(r"^\| at the top: (.+?) \|", text, re.MULTILINE)[1].replace("`", "").split(", ")
    assert len(ordered) == 8
    assert [name for name in ordered if not (ROOT / name).exists()] == []


def test_the_ordered_packages_are_installed_and_used():
    pinned = {}
    for name in ("requirements.txt", "requirements-dev.txt"):
        pinned |= dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))
    pinned = {name.lower(): version for name, version in pinned.items()}
    for name, module in ORDERED_PACKAGES.items():
        assert pinned[name] == version(name)
        used = re.compile(rf"^\s*(?:from|import) {module}\b", re.MULTILINE)
        assert any(used.search(path.read_text()) for path in OWN_FILES), name
        assert f" {name}" in REQUIREMENTS.read_text()
