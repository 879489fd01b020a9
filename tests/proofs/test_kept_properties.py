"""The documented properties that the server keeps: sent back, shown, and set by an import of a new record."""

import re
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from backoffice.db.object_ids import new_object_id
from backoffice.exchange.tests.files import Folder
from backoffice.records.models import History
from tests.support.documented_properties import KEPT_ROWS, PAGES
from tests.support.property_world import (
    ADMIN,
    EXPORTS,
    PAGE,
    REFUSED,
    document,
    exported_document,
    filled_world,
    history,
    over_json,
    proves,
    value_at,
    with_value,
    world,
)

__all__ = ["filled_world", "proves", "world"]

each_page = pytest.mark.parametrize("page", PAGES)


def as_new(there: dict, **values) -> dict:
    """Return a document of a record that does not exist yet, with ids of its own."""
    there = there | {"_id": new_object_id(), "number": 4000} | values
    for each in there.get("comments", []):
        each["_id"] = new_object_id()
    for file in [
        *there.get("files", []),
        *(file for each in there.get("comments", []) for file in each["files"]),
    ]:
        file["_id"] = file["id"] = new_object_id()
    return there


def kept_rows(page: str, channel: str, step: str) -> list:
    return [row for row in KEPT_ROWS if row.page == page and row.has(channel, step)]


@each_page
def test_kept_properties_can_be_sent_back_and_are_never_written(page, world, proves):
    there = document(world, page)
    assert over_json(world, page, there).status_code == 200
    assert document(world, page) == there
    for row in [row for row in KEPT_ROWS if row.page == page]:
        assert value_at(row.path, there)
        assert not row.has("json", "sets")
        proves(page, row.path, "json", "accepts", "shows")
        if row.has("json", "refuses"):
            answer = over_json(world, page, with_value(row.path, row.bad, there))
            assert answer.status_code == REFUSED[page], row.id
            proves(page, row.path, "json", "refuses")
        else:
            for ignored in (row.bad, "2020-01-01T00:00:00Z", "f" * 24):
                answer = over_json(world, page, with_value(row.path, ignored, there))
                assert (answer.status_code, answer.json()) == (200, there), row.id
    for path in ("_id", "companyId")[: 1 if page == "case" else 2]:
        assert over_json(world, page, {path: "f" * 24}).status_code == REFUSED[page]
    assert document(world, page) == there
    assert history(world, page).count() == 1


@each_page
def test_kept_properties_of_new_records_are_imported(page, world, proves, tmp_path):
    old = "2020-02-17T14:36:09.698Z"
    new = as_new(exported_document(world, page))
    new["status"] |= {"createdAt": old, "createdBy": world.alice.pk, "lastModifiedBy": world.alice.pk}
    (new if page == "case" else new["status"])["lastUpdated" if page == "case" else "lastModifiedAt"] = old
    if page == "case":
        new["date"] = old
    rows = kept_rows(page, "import", "refuses")
    for row in rows:
        answer = Folder(tmp_path).take(EXPORTS[page], [with_value(row.path, row.bad, new)])
        assert f": {row.path.replace('[]', '.0')}: " in answer.report, (row.id, answer.report)
        assert "Nothing was written" in answer.failure
        proves(page, row.path, "import", "refuses")
    answer = Folder(tmp_path).take(EXPORTS[page], [new])
    assert (answer.failure, "1 new" in answer.report) == ("", True), answer.report
    assert History.objects.get(record_id=new["_id"]).action == "import"
    back, there = exported_document(world, page, new["_id"]), document(world, page, new["_id"])
    for row in kept_rows(page, "import", "sets"):
        assert value_at(row.path, back) == value_at(row.path, there) == value_at(row.path, new), row.id
        proves(page, row.path, "import", "accepts", "sets", "shows")


def shown_instant(text: str) -> str:
    """Return an instant of a document as pages show it."""
    instant = timezone.localtime(datetime.fromisoformat(text))
    return f"{instant.day} {instant:%b %Y, %H:%M}"


def page_text(world, address: str) -> str:
    response = world.client.get(address)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "lxml").get_text(" ", strip=True)


@each_page
def test_kept_properties_are_shown_on_pages(page, world, proves):
    assert over_json(world, page, {"name" if page == "case" else "contactName": "Ny"}).status_code == 200
    there = document(world, page)
    if page == "case":
        paths, stamps = ("date", "", "lastUpdated", ""), (there["date"], there["lastUpdated"])
    else:
        paths = tuple(
            f"status.{name}" for name in ("createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy")
        )
        stamps = (there["status"]["createdAt"], there["status"]["lastModifiedAt"])
    created, modified = map(shown_instant, stamps)
    lists = {
        "browser": reverse("supportdesk:supportcase_list"),
        "admin": reverse("admin:supportdesk_supportcase_changelist"),
    }
    patterns = {
        "browser": (
            f"created this, [^,]*, {created}",
            "Ada created this",
            f"Changed [^,]*, {modified}",
            "Ada .{,30}changed|Ada .{,30}set",
        ),
        "admin": (
            f"Created {created}",
            "Created by Ada",
            f"Last modified {modified}",
            "Last modified by Ada",
        ),
    }
    for names, via in ((PAGE, "browser"), (ADMIN, "admin")):
        address = reverse(names[page], args=[there["_id"]])
        text = page_text(world, address)
        proves(page, "_id", via, "shows")
        for path, pattern in zip(paths, patterns[via], strict=True):
            if path:
                where, pattern = (
                    (page_text(world, lists[via]), created) if path == "date" else (text, pattern)
                )
                assert re.search(pattern, where), (path, pattern, where)
                proves(page, path, via, "shows")
