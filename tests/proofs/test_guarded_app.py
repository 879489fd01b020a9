"""An app with guarded properties, days, choices and child rows passes the suites that go through all records. The test
installs `tests/support/permits` in a copy of the source tree."""

import shutil

import pytest

from tests.support.copied_tree import ROOT, Installation, copy_tree, run_checks

pytestmark = pytest.mark.deep
APP = "permits"
SUITES = (
    "test_parity",
    "test_indexes",
    "test_query_counts",
    "test_openapi",
    "test_round_trip",
    "test_foreign_ids",
)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the source tree with the app."""
    folder = tmp_path_factory.mktemp(APP)
    found = copy_tree(folder / "tree")
    shutil.copytree(ROOT / "tests/support/permits", found / APP)
    settings = found / "config/settings.py"
    apps, end, rest = settings.read_text().partition("\n]\n\nMIDDLEWARE")
    settings.write_text(f'{apps}\n    "{APP}",{end}{rest}')
    Installation(found, folder, "first").run("makemigrations", APP)
    return found


def test_lists_versions_and_undo_follow_the_model(tree):
    run_checks(tree, "tests/support/doc_pages/guarded_app.py")


def test_users_without_the_guards_permission_have_the_expected_access(tree):
    run_checks(tree, "tests/proofs/test_access_matrix.py", "-m", "not deep")


def test_the_suites_of_all_records_pass(tree):
    paths = [f"tests/proofs/{name}.py" for name in SUITES]
    run_checks(
        tree, *paths, "-m", "not browser and not deep or measured or slow", "-k", "permit or test_openapi"
    )
    # Vera sees everything except what is guarded.
    run_checks(tree, "tests/proofs/test_leaks.py", "-m", "deep", "-k", "vera-json")
