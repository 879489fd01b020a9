"""Each promise of the documents, the OpenAPI descriptions and the screens has a test (`docs/claims.toml`)."""

from collections import Counter

import pytest

from tests.support.claims import (
    find_promises,
    find_uncovered,
    is_missing,
    join_lines,
    list_pages,
    list_tests,
    read_claims,
    read_sources,
)

ENTRIES = read_claims()
CLAIMS, ALL = ENTRIES["claim"], [*ENTRIES["claim"], *ENTRIES["no_promise"]]


def texts_on(page: str) -> list[str]:
    return [entry["text"] for entry in ALL if entry["page"] == page]


def test_entries_have_the_documented_keys():
    assert set(ENTRIES) == {"claim", "no_promise"}
    assert all(set(claim) == {"page", "text", "test"} and list_tests(claim) for claim in CLAIMS)
    assert all(set(entry) == {"page", "text"} for entry in ENTRIES["no_promise"])


def test_no_entry_is_there_twice():
    counted = Counter((entry["page"], entry["text"]) for entry in ALL)
    assert [entry for entry, count in counted.items() if count > 1] == []


def test_every_test_exists():
    assert [test for claim in CLAIMS for test in list_tests(claim) if is_missing(test)] == []


def test_every_text_is_on_its_page():
    pages = {page: join_lines(text) for page, text in read_sources().items()}
    assert [entry for entry in ALL if entry["text"] not in pages.get(entry["page"], "")] == []


@pytest.mark.parametrize("page", [*list_pages(), "openapi", "screen"])
def test_every_promise_has_a_test(page):
    assert find_uncovered(find_promises(read_sources()[page]), texts_on(page)) == []


def test_a_promise_without_a_test_is_found():
    page = """# Nothing here

    cannot = "code"

It is *always* there
and never lost. It works. You
can trust it.

- At most two, but never none.

| Name | What it does |
|---|---|
| `never` | Nobody sees it |
"""
    promises = find_promises(page)
    assert promises == [
        "It is *always* there and never lost.",
        "At most two, but never none.",
        "`never`",
        "Nobody sees it",
    ]
    assert find_uncovered(promises, ["is *always* there", "and never lost.", "At most two", "`never`"]) == [
        "At most two, but never none.",
        "Nobody sees it",
    ]
    assert find_uncovered(promises, [*promises, "It is *always* there and never lost. It works."]) == []


def test_a_missing_test_is_found():
    here = "tests/proofs/test_claims.py::"
    assert not is_missing(f"{here}test_a_missing_test_is_found")
    for name in (
        f"{here}test_that_is_gone",
        f"{here}texts_on",
        "tests/proofs/test_gone.py::test_x",
        here[:-2],
    ):
        assert is_missing(name)
