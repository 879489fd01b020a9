"""`docs/development/add-an-app.md` is right: an app with records of its own is one folder of at most 150 lines and one
line in the list of apps. The test does what the page says, in a copy of the source tree."""

import json
import shutil

import pytest

from scripts.messages import messages_in_code
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
PAGE = ROOT / "docs/development/add-an-app.md"
APP, MOST_LINES = "keyloans", 150
MIGRATION = f"{APP}/migrations/0001_initial.py"
CREATE = """
from django.test import Client
from backoffice.people.models import Contact, User
from facility.models import CustomerObject
admin = User._base_manager.get(username="admin")
place = CustomerObject._base_manager.filter(company=admin.company).order_by("pk").first()
borrower = Contact._base_manager.filter(company=admin.company).order_by("pk").first()
body = {"key": "Z9", "objectId": place.pk, "borrowerId": borrower.pk, "lentAt": "2026-03-01T08:00:00Z", "notes": "ø"}
client = Client(headers={"x-api-key": KEY, "host": "localhost"})
sent = client.post("/v2/keyloans", body, content_type="application/json")
assert sent.status_code == 201, sent.content
print(sent.content.decode())
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the source tree with the app, as the page says."""
    folder = tmp_path_factory.mktemp("third")
    found = copy_tree(folder / "tree")
    (found / APP).mkdir()
    (found / APP / "__init__.py").touch()
    write_files(found, blocks_of(PAGE))
    settings = found / "config/settings.py"
    apps, end, rest = settings.read_text().partition("\n]\n\nMIDDLEWARE")
    settings.write_text(f'{apps}\n    "{APP}",{end}{rest}')
    Installation(found, folder, "first").run("makemigrations", APP)
    return found


def test_the_app_is_small_and_nothing_else_changes(tree):
    changed = changed_lines(tree)
    assert changed.pop("config/settings.py") == [f'    "{APP}",']
    assert MIGRATION in changed
    written = {name for name, _language, _text in blocks_of(PAGE)}
    assert set(changed) == {*written, MIGRATION, f"{APP}/migrations/__init__.py"} - {
        f"{APP}/migrations/__init__.py"
    }
    assert sum(len((tree / name).read_text().splitlines()) for name in written) <= MOST_LINES


def test_the_checks_of_the_source_tree_pass(tree, tmp_path):
    product = Installation(tree, tmp_path, "checked")
    product.run("makemigrations", "--check", "--dry-run")
    product.run("check")
    product.run("check", ".", module="ruff")
    if messages_in_code():
        assert "All messages are translated." in product.run("--check", module="scripts.messages")


def test_the_app_works_on_every_channel(tree):
    run_checks(tree, "tests/support/doc_pages/add_an_app.py")


def test_loans_are_exported_and_imported_into_another_database(tree, tmp_path):
    first, second = Installation(tree, tmp_path, "first"), Installation(tree, tmp_path, "second")
    first.run("migrate", "--verbosity", "0")
    first.run("demo", "--password", "moth-lantern-cobble")
    shutil.copy(first.database, second.database)
    key = first.run("create_api_key", "admin").split()[-1]
    created = json.loads(
        first.run("shell", "--verbosity", "0", "-c", CREATE.replace("KEY", repr(key))).strip()
    )
    file = tmp_path / "loans.json"
    first.run("export", APP, "--output", str(file))
    second.run("import_documents", APP, str(file))
    again = tmp_path / "again.json"
    second.run("export", APP, "--output", str(again))
    assert json.loads(again.read_text()) == json.loads(file.read_text())
    assert [one["_id"] for one in json.loads(file.read_text())] == [created["_id"]]


SUITES = (
    "test_access_matrix",
    "test_parity",
    "test_indexes",
    "test_query_counts",
    "test_openapi",
    "test_round_trip",
)


def test_the_suites_of_all_records_include_the_app(tree):
    """Each suite that goes through all records passes, and has tests of the app's."""
    paths = [f"tests/proofs/{name}.py" for name in SUITES]
    run_checks(tree, *paths, "-m", "not browser and not deep or measured")
    found = run_checks(tree, *paths, "--collect-only", "-m", "deep or not deep")
    for suite in ("test_parity", "test_indexes", "test_query_counts", "test_round_trip"):
        own = [line for line in found.splitlines() if suite in line and "keyloan" in line.lower()]
        assert own, suite
