"""A killed import leaves all or nothing, at the latest after the next run, and can be undone."""

import re

import pytest

from backoffice.exchange.tests.installation import measure_peak_memory, write_complaint_files


def import_id(report: str) -> str:
    return re.search(r"--undo ([0-9a-f]{24})", report)[1]


def complaints(installation) -> int:
    return installation.count("facility_complaint")


@pytest.mark.deep
def test_an_import_killed_in_its_transaction_leaves_nothing_and_can_be_repeated(installation, tmp_path):
    words = write_complaint_files(30, tmp_path)
    installation.killed_after(20, *words)
    assert [
        installation.count(table) for table in ("people_company", "facility_complaint", "exchange_importrun")
    ] == [0, 0, 0]
    assert "33 new" in installation.manage("import_documents", *words)
    assert complaints(installation) == 30
    assert installation.count("records_history") == 33


@pytest.mark.deep
def test_an_import_killed_between_batches_is_finished_by_the_next_run(installation, tmp_path):
    words = [*write_complaint_files(30, tmp_path), "--batch-size", "10"]
    installation.killed_after(25, *words)
    assert 0 < complaints(installation) < 30
    other = installation.run("manage.py", "import_documents", *words[:2])
    assert other.returncode == 1
    assert "Another import is unfinished. 20 documents of it are written." in other.stderr
    assert f"manage.py import_documents {' '.join(words)}" in other.stderr
    assert "--undo" in other.stderr
    assert "dry run" in installation.manage("import_documents", *words[:2], "--dry-run")
    installation.killed_after(7, *words[:-2])
    output = installation.manage("import_documents", *words)
    assert "33 of 33 documents imported: 13 new, 0 changed, 0 unchanged, 20 by an earlier attempt." in output
    assert complaints(installation) == 30
    assert installation.rows("SELECT count(*), count(DISTINCT request_id) FROM records_history") == [(33, 1)]
    assert installation.rows("SELECT done, finished_at IS NULL FROM exchange_importrun") == [(33, 0)]
    assert "33 unchanged" in installation.manage("import_documents", *words)


@pytest.mark.deep
def test_an_import_killed_between_batches_can_be_rolled_back(installation, tmp_path):
    words = [*write_complaint_files(30, tmp_path), "--batch-size", "10"]
    installation.killed_after(25, *words)
    refused = installation.run("manage.py", "import_documents", *words[:2])
    output = installation.manage("import_documents", "--undo", import_id(refused.stderr))
    assert "19 records deleted" in output
    assert [
        installation.count(table) for table in ("people_company", "people_customer", "facility_complaint")
    ] == [1, 0, 0]
    assert "32 new" in installation.manage("import_documents", *words)
    assert complaints(installation) == 30


@pytest.mark.deep
def test_memory_does_not_grow_with_the_file(installation, tmp_path):
    """Ten times as many documents need hardly more memory, in an import, a repeated import and an export."""
    peaks = {}
    for count in (1_000, 10_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        words = write_complaint_files(count, folder)
        mine = installation.copy(folder)
        peaks[count] = [
            measure_peak_memory(mine, "import_documents", *words),
            measure_peak_memory(mine, "import_documents", *words, "--batch-size", "1000"),
            measure_peak_memory(mine, "export", "complaints", "--output", str(folder / "out")),
            measure_peak_memory(
                mine, "export", "complaints", "--format", "xlsx", "--output", str(folder / "out")
            ),
        ]
        assert complaints(mine) == count
    grown = [after - before for before, after in zip(peaks[1_000], peaks[10_000], strict=True)]
    print(f"KiB at 1,000 and at 10,000 documents: {peaks}")
    assert max(grown) < 12 * 1024, peaks
