"""The export menu in a real Chromium."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import expect

from facility.tests.factories import ComplaintFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def download_table(page, label) -> list[list[str]]:
    """Download a link of the open menu; return the table in the file."""
    with page.expect_download() as download:
        page.get_by_role("link", name=label, exact=True).press("Enter")
    assert download.value.suggested_filename.startswith("complaints-20")
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


@pytest.mark.parametrize("how", [{}, {"java_script_enabled": False}], ids=["script", "no script"])
def test_a_list_is_exported_by_keyboard(cast, records, visitor, how):
    for number in range(30):
        ComplaintFactory(
            company=cast.company, object=records.object.pk, desc=f"Lamp L{number}", priority=number % 2 + 3
        )
    alice = visitor(viewport={"width": 390, "height": 844}, accept_downloads=True, **how).sign_in(cast.alice)
    page = alice.page
    page.goto("/complaints")
    if how:
        page.goto("/complaints?q=lamp&priority=4")
    else:
        page.locator("#id_q").press_sequentially("lamp", delay=20)
        page.locator("#id_q").press("Enter")
        expect(page.locator("#list-count")).to_have_text("1–25 of 31")
        page.locator(".filters-more > summary").click()
        page.locator("#id_priority").select_option("4")
        expect(page.locator("#list-count")).to_have_text("15")
    menu = page.locator(".export-menu > summary")
    menu.focus()
    menu.press("Enter")
    expect(page.get_by_role("link", name="JSON documents")).to_be_in_viewport()
    if not how:
        alice.look()
    rows = download_table(page, "CSV")
    assert len(rows) == 16
    assert {row[2] for row in rows[1:]} == {"Critical"}
