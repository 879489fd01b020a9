"""`docs/development/add-a-property.md` is right: a property is declared in four places. The test does what the page
says, in a copy of the source tree."""

import pytest

from tests.support.copied_tree import (
    ROOT,
    Installation,
    blocks_of,
    changed_lines,
    copy_tree,
    run_checks,
    write_files,
)

pytestmark = pytest.mark.deep
PAGE = ROOT / "docs/development/add-a-property.md"
PLACES = {"facility/models.py", "facility/forms.py", "facility/api/documents.py", "migration", "translations"}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("property")
    found = copy_tree(folder / "tree")
    write_files(found, blocks_of(PAGE))
    Installation(found, folder, "first").run("makemigrations", "facility")
    return found


def test_a_property_is_declared_in_four_places(tree):
    kinds = {"migrations": "migration", "LC_MESSAGES": "translations"}
    assert {kinds.get(name.split("/")[-2], name) for name in changed_lines(tree)} == PLACES


def test_the_property_is_there_on_every_channel(tree):
    run_checks(tree, "tests/support/doc_pages/add_a_property.py")


def test_the_suites_pass_with_the_property(tree):
    run_checks(
        tree,
        "facility",
        "tests/proofs/test_openapi.py",
        "tests/proofs/test_round_trip.py",
        "-m",
        "not deep and not browser",
    )
