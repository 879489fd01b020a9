"""Every documented property by import and export."""

import pytest

from backoffice.exchange.tests.files import Folder
from backoffice.records.tests.parameters import select_daily
from tests.support.documented_properties import PAGES, resolve, rows_of
from tests.support.property_world import (
    EXPORTS,
    document,
    exported_document,
    filled_world,
    history,
    in_rounds,
    proves,
    value_at,
    with_value,
    world,
)

__all__ = ["filled_world", "proves", "world"]

each_page = pytest.mark.parametrize("page", select_daily(PAGES, "complaint"))


@each_page
def test_imported_values_are_exported_and_returned_over_json(page, world, proves, tmp_path):
    sent = exported_document(world, page)
    rows = rows_of(page, "import", "sets")
    for row in rows:
        sent = with_value(row.path, resolve(row.value, world), sent)
    answer = Folder(tmp_path).take(EXPORTS[page], [sent])
    assert (answer.failure, "1 changed" in answer.report) == ("", True), answer.report
    back, there = exported_document(world, page), document(world, page)
    changed = {entry["property"].split(".")[0] for entry in history(world, page).first().changes}
    for row in rows:
        assert value_at(row.path, back) == value_at(row.path, there) == resolve(row.value, world), row.id
        assert row.history in changed
        proves(page, row.path, "import", "accepts", "sets", "shows")


@each_page
def test_invalid_values_are_refused_by_import_with_the_models_messages(page, world, proves, tmp_path):
    before = exported_document(world, page)
    rows = rows_of(page, "import", "refuses")
    for together in in_rounds(rows):
        sent = before
        for row in together:
            sent = with_value(row.path, row.bad, sent)
        answer = Folder(tmp_path).take(EXPORTS[page], [sent])
        assert "Nothing was written" in answer.failure
        for row in together:
            path = row.path.replace("[]", ".0")
            lines = [line for line in answer.report.splitlines() if f": {path}" in line]
            assert any(row.message in line for line in lines), (row.id, answer.report)
            proves(page, row.path, "import", "refuses")
    assert exported_document(world, page) == before
