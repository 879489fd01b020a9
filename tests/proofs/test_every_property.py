"""Every documented property on every channel: set over JSON, in the browser and in admin, shown on each
and in the history; an invalid value is refused on each with the model's own message. For imports see
`test_every_property_imported`.

`make conformance` runs these tests on three databases and writes docs/conformance.md from what they prove."""

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice.forms.tests.pages import record_form
from backoffice.records.tests.parameters import select_daily
from backoffice.uploads.tests.files import PDF, picture
from tests.support.documented_properties import NO_FILE, NO_IMAGE, PAGES, ROWS, resolve, rows_of
from tests.support.property_world import (
    ADMIN,
    PAGE,
    REFUSED,
    address_of,
    body_for,
    document,
    filled_world,
    history,
    in_rounds,
    open_form,
    over_json,
    proves,
    submit_form,
    typed,
    value_at,
    world,
)

__all__ = ["filled_world", "proves", "world"]

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
each_page = pytest.mark.parametrize("page", select_daily(PAGES, "complaint"))
both_forms = pytest.mark.parametrize(
    ("names", "via"), [(PAGE, "browser"), (ADMIN, "admin")], ids=["browser", "admin"]
)


@each_row
def test_properties_are_set_over_json(row, world, proves):
    value, page = resolve(row.value, world), row.page
    body = body_for(row.path, value, document(world, page))
    response = over_json(world, page, body)
    assert response.status_code == 200, response.content
    assert value_at(row.path, response.json()) == value
    assert value_at(row.path, document(world, page)) == value
    last = history(world, page).first()
    assert any(entry["property"].split(".")[0] == row.history for entry in last.changes)
    assert (last.via, last.version) == ("json", 2)

    assert over_json(world, page, body).status_code == 200
    assert history(world, page).first() == last
    proves(page, row.path, "json", "accepts", "sets", "shows")


@pytest.mark.slow
@each_page
def test_values_set_over_json_are_shown_in_the_forms(page, world, proves):
    rows = [row for row in ROWS if row.page == page]
    for row in rows:
        body = body_for(row.path, resolve(row.value, world), document(world, page))
        assert over_json(world, page, body).status_code == 200
    for names, via in ((PAGE, "browser"), (ADMIN, "admin")):
        form = open_form(world, names, page)
        shown = rows_of(page, via, "shows")
        for row in typed(shown, names):
            assert form[row.control] == resolve(row.shown, world), row.id
            proves(page, row.path, via, "shows")
        same = {str(resolve(row.shown, world)) for row in typed(shown, names)}
        for row in rows:
            if row not in shown and str(resolve(row.typed, world)) not in same:
                assert resolve(row.typed, world) not in form.values(), row.id


@each_page
@both_forms
def test_all_values_set_in_one_form_are_returned_over_json(page, names, via, world, proves):
    rows = typed(rows_of(page, via, "sets"), names)
    sent = {}
    for row in rows:
        sent |= {row.control: resolve(row.typed, world), **row.also_typed}
    response = submit_form(world, names, page, sent)
    assert response.status_code == 302, response.content.decode()
    there, last = document(world, page), history(world, page).first()
    changed = {entry["property"].split(".")[0] for entry in last.changes}
    for row in rows:
        assert value_at(row.path, there) == resolve(row.value, world), row.id
        assert row.history in changed
        proves(page, row.path, via, "accepts", "sets")
    assert (last.via, last.version) == (via, 2)


@pytest.mark.deep
@each_row
@both_forms
def test_each_value_set_in_a_form_is_returned_over_json(row, names, via, world):
    if row not in typed(rows_of(row.page, via, "sets"), names):
        return  # not in the form: uploaded, or written as a message
    response = submit_form(world, names, row.page, {row.control: resolve(row.typed, world), **row.also_typed})
    assert response.status_code == 302, response.content.decode()
    assert value_at(row.path, document(world, row.page)) == resolve(row.value, world)
    last = history(world, row.page).first()
    assert any(entry["property"].split(".")[0] == row.history for entry in last.changes)
    assert (last.via, last.version) == (via, 2)


@each_row
def test_an_invalid_value_is_refused_over_json_with_the_models_message(row, world, proves):
    before = document(world, row.page)
    response = over_json(world, row.page, body_for(row.path, row.bad, before))
    assert response.status_code == REFUSED[row.page]
    assert any(row.message in error["message"] for error in response.json()["errors"]), response.json()
    assert document(world, row.page) == before
    assert history(world, row.page).count() == 1
    proves(row.page, row.path, "json", "refuses")


@each_page
@both_forms
def test_invalid_values_are_refused_in_the_forms_with_the_models_messages(page, names, via, world, proves):
    before = document(world, page)
    rows = typed(rows_of(page, via, "refuses"), names)
    for together in in_rounds(rows):
        response = submit_form(world, names, page, {row.control: row.bad_typed for row in together})
        assert response.status_code == 200
        form = record_form(response.content)
        for row in together:
            assert row.form_message in error_text(form, row.control), row.id
            proves(page, row.path, via, "refuses")
    assert document(world, page) == before
    assert history(world, page).count() == 1


def error_text(form, control: str) -> str:
    """Return the text of the smallest part of a form that has a control and an error message in it."""
    part = form.find(attrs={"name": control})
    while not part.select(".invalid-feedback, .errorlist"):
        part = part.parent
    return part.get_text(" ", strip=True)


UPLOADS = [
    ("complaint", "images", "/files", "files-images", {}),
    ("case", "files", "/files", "files-files", {}),
    (
        "case",
        "comments",
        "/say/comment",
        "say-comment-files",
        {"say-comment": "Se her", "say-comment-send": "1"},
    ),
]


@pytest.mark.parametrize(
    ("page", "name", "path", "control", "values"), UPLOADS, ids=lambda value: str(value)[:12]
)
def test_files_are_uploaded_in_the_browser(page, name, path, control, values, world, proves, folder):
    before, address = document(world, page), address_of(world, PAGE, page)
    refused = world.client.post(address + path, values | {control: SimpleUploadedFile("a.exe", b"MZ\0\1")})
    message = NO_IMAGE if page == "complaint" else NO_FILE
    assert (refused.status_code, message in refused.content.decode()) == (200, True)
    assert document(world, page) == before

    file = (
        SimpleUploadedFile("roof.png", picture())
        if page == "complaint"
        else SimpleUploadedFile("log.pdf", PDF)
    )
    assert world.client.post(address + path, values | {control: file}).status_code == 302
    added = document(world, page)[name][-1]
    added = added["files"][-1] if name == "comments" else added
    url, kind = (added, None) if page == "complaint" else (added["url"], added["type"])
    assert (url.rpartition("/")[2], kind) in [("roof.png", None), ("log.pdf", "DOC")]
    assert (history(world, page).first().via, history(world, page).first().version) == ("browser", 2)
    shown = BeautifulSoup(world.client.get(address).content, "lxml").select(".attachments a")
    assert any(link["href"] in url for link in shown)
    for row in ROWS:
        if (row.page, row.upload) == (page, name):
            proves(page, row.path, "browser", "accepts", "refuses", "sets", "shows")
