"""Tests of text inputs: line breaks, length limits, JSON and invisible characters."""

import json

import pytest

from backoffice.admin.tests.pages import admin_url
from backoffice.forms.tests.pages import form_data, open_form, record_form, soup
from backoffice.people.models import Customer
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from backoffice.records.tests.parameters import select_daily
from facility.models import Complaint, CustomerObject

BY_API = ChangeContext(Channel.JSON)


ODD_TEXTS = ["one\ntwo", "one\r\ntwo", "one\rtwo", "\nlead", "trail\n", " a ", "<b>&amp;\n"]


@pytest.mark.slow
@pytest.mark.parametrize("text", select_daily(ODD_TEXTS, "one\ntwo", "one\r\ntwo", "one\rtwo"))
def test_line_breaks_are_kept_when_another_property_is_edited(text, cast, records, client):
    custom = {"note": text, text: "x", "none": None, "number": 3, "float": 3.0, "yes": True, "list": [1, {"a": None}],
              "text of json": '{"a": 1}', "word": "null"}  # fmt: skip
    complaint = services.update(
        records.complaint,
        {"custom_fields": custom, "room_description": text},
        actor=cast.alice,
        context=BY_API,
    ).record
    secrets = {"security_code": text, "key": {"gate": text}, "name": f"N{text}"}
    services.update(records.object, secrets, actor=cast.alice, context=BY_API)
    client.force_login(cast.alice)

    url = f"/complaints/{complaint.pk}"
    place = list(Complaint.objects.get(pk=complaint.pk).custom_fields).index("number")
    for edit in ({"contact_name": "Hans"}, {f"custom_fields-{place}-value": "4"}):
        assert client.post(url, open_form(client, url) | edit).status_code == 302
    saved = Complaint.objects.get(pk=complaint.pk)
    assert saved.room_description == text
    expected = json.dumps(custom | {"number": 4}, sort_keys=True)  # PostgreSQL orders keys differently
    assert json.dumps(saved.custom_fields, sort_keys=True) == expected

    url = f"/objects/{records.object.pk}"
    for fax, look in (("1", client.get), ("2", client.post)):
        page = look(url if fax == "1" else f"{url}/secrets")
        assert (
            client.post(url, form_data(record_form(page.content)) | {"contact_fax": fax}).status_code == 302
        )
    saved = CustomerObject.objects.get(pk=records.object.pk)
    assert (saved.security_code, saved.key, saved.name) == (text, {"gate": text}, f"N{text}")
    names = {
        entry["property"]
        for row in History.objects.filter(record_id=saved.pk, via=Channel.BROWSER)
        for entry in row.changes
    }
    assert names == {"contact_fax"}


def test_a_text_with_several_lines_gets_a_textarea(cast, records, client):
    services.update(records.complaint, {"room_description": "A\nB"}, actor=cast.alice, context=BY_API)
    client.force_login(cast.alice)
    box = soup(client.get(f"/complaints/{records.complaint.pk}")).select_one("#id_room_description")
    assert (box.name, box.text.strip("\n")) == ("textarea", "A\nB")
    client.force_login(cast.ada)
    assert (
        soup(client.get(admin_url(records.complaint))).select_one("#id_room_description").name == "textarea"
    )


TOO_LONG = "x" * 250 + "IMPORTANT-END"


@pytest.mark.slow
def test_a_text_that_is_too_long_is_refused_with_its_length_and_never_cut(cast, records, client):
    client.force_login(cast.ada)
    for url in (f"/complaints/{records.complaint.pk}", admin_url(records.complaint)):
        page = soup(client.get(url))
        assert page.select("form input[maxlength], form textarea[maxlength]") == []
        answer = client.post(
            url, open_form(client, url) | {"room_description": TOO_LONG, "tags-0-text": "t" * 101}
        )
        text = soup(answer).get_text(" ")
        assert "at most 255 characters (it has 263)" in text
        assert "at most 100 characters (it has 101)" in text
        assert soup(answer).select_one("#id_room_description")["value"] == TOO_LONG


def test_no_field_of_a_list_cuts_the_input(cast, records, client):
    client.force_login(cast.alice)
    for url in ("/complaints", "/complaints/views", "/objects", "/search", "/objects/new"):
        assert soup(client.get(url)).select("[maxlength]") == [], url


@pytest.mark.slow
@pytest.mark.parametrize(
    "typed", ['{"a": 1, "a": 2}', "[NaN]", '{"a": {"b": 1, "b": 1}}', "[" * 80 + "]" * 80]
)
def test_json_input_is_as_strict_as_the_api(typed, cast, records, client):
    client.force_login(cast.alice)
    for url, edit in (
        (f"/objects/{records.object.pk}", {"security_code": typed}),
        (
            f"/complaints/{records.complaint.pk}",
            {"custom_fields-0-name": "n", "custom_fields-0-value": typed},
        ),
    ):
        answer = client.post(url, open_form(client, url) | edit)
        assert answer.status_code == 200
        assert soup(answer).select_one(".error-summary li")


NOTHING_TO_SEE = [
    " ",
    "\u00a0",
    "\u200b",
    "\u3164",
    "\t",
    "\u2028\u00ad",
    "\u0301",
    "\u2060\ufe0f",
    "\u2800",
    "\u0007",
]


@pytest.mark.parametrize("text", select_daily(NOTHING_TO_SEE, "\u200b", "\u3164"))
def test_a_required_text_of_invisible_characters_is_missing(text, cast, records, client, key_of):
    key = key_of(cast.ada)

    def sent(method, url, body):
        how = {"content_type": "application/json", "headers": {"x-api-key": key}}
        return getattr(client, method)(url, json.dumps(body), **how).status_code

    assert sent("post", "/v2/customers", {"name": text}) == 400
    assert sent("post", "/v2/complaints", {"objectId": records.object.pk, "desc": text}) == 400
    assert sent("patch", f"/v2/complaints/{records.complaint.pk}", {"desc": text}) == 400
    assert sent("patch", f"/v2/complaints/{records.complaint.pk}", {"tags": [text]}) == 400
    assert sent("post", "/v2/contacts", {"firstName": text, "lastName": "Hansen"}) == 400
    nowhere = {"street": text, "zip": text, "city": "", "country": ""}
    assert sent("patch", f"/v2/objects/{records.object.pk}", {"address": nowhere}) == 400
    client.force_login(cast.ada)
    for url in ("/customers/new", admin_url(Customer, "add")):
        answer = client.post(url, open_form(client, url) | {"name": text})
        assert answer.status_code == 200
    assert client.post("/complaints/views", {"name": text, "query": ""}).status_code == 200


@pytest.mark.slow
def test_existing_invalid_texts_do_not_block_other_edits(cast, records, client):
    CustomerObject.tags.model.objects.filter(record_id=records.object.pk).delete()
    CustomerObject.tags.model.objects.create(record_id=records.object.pk, text="\u200b", position=0)
    Complaint.objects.filter(pk=records.complaint.pk).update(desc="\u200b")
    client.force_login(cast.alice)
    url = f"/complaints/{records.complaint.pk}"
    assert client.post(url, open_form(client, url) | {"contact_name": "Hans"}).status_code == 302
    url = f"/objects/{records.object.pk}"
    assert client.post(url, open_form(client, url) | {"tags-1-text": "lift"}).status_code == 302
    assert CustomerObject.objects.get(pk=records.object.pk).tags == ["\u200b", "lift"]
