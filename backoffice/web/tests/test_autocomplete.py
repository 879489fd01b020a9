"""Tests of autocomplete for references to many records: in filters, forms, rows, quick edits, bulk edits and
admin."""

import pytest
from bs4 import BeautifulSoup

from backoffice.people.tests.factories import ContactFactory, CustomerFactory, UserFactory
from facility.models import Complaint, CustomerObject
from facility.tests.factories import CustomerObjectFactory


@pytest.fixture(autouse=True)
def few_choices(monkeypatch):
    """Use autocomplete for two records already."""
    monkeypatch.setattr("backoffice.records.identify.MENU_LENGTH", 1)


@pytest.fixture
def halls(cast, records):
    """Create two objects whose names begin with the same words, besides the town hall."""
    return [
        CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, name=f"Halle {n}") for n in "AB"
    ]


@pytest.fixture
def alice(cast, client):
    client.force_login(cast.alice)
    return client


def parse_page(response) -> BeautifulSoup:
    return BeautifulSoup(response.content, "lxml")


def label_of(place) -> str:
    return f"#{place.number} {place.name}"


def autocomplete_input(page, name):
    found = page.select_one(f"input[name={name}]")
    assert found["list"] == page.select_one(f"input[name={name}] + datalist")["id"]
    return found


def error_of(page, name) -> str:
    return page.select_one(f"#error_{name}, #error_1_id_{name}").get_text(strip=True)


def unedited_data(page) -> dict:
    """Return what the form of a page sends unedited."""
    form = page.select_one("[data-record-form]")
    found = {
        field["name"]: field.get("value", "")
        for field in form.select("input[name]")
        if field.get("type") != "checkbox"
    }
    found |= {field["name"]: field.get_text().lstrip("\n") for field in form.select("textarea[name]")}
    for field in form.select("select[name]"):
        chosen = field.select_one("option[selected]")
        found[field["name"]] = chosen["value"] if chosen else field.select_one("option")["value"]
    return {name: value for name, value in found.items() if "__prefix__" not in name}


@pytest.mark.parametrize(
    "typed",
    ["{place.number}", "#{place.number}", "#{place.number} whatever", "{place.pk}", "halle B", "HALLE b"],
)
def test_a_filter_accepts_numbers_names_and_ids(typed, alice, records, halls):
    place = halls[1]
    page = parse_page(alice.get("/complaints", {"object": typed.format(place=place)}))
    assert not error_of(page, "object")
    assert "Halle B" in page.select_one(".chip").get_text()
    assert page.select_one("#list .empty-state")
    assert parse_page(alice.get("/complaints", {"object": records.object.pk})).select_one("#list tbody tr")


@pytest.mark.slow
def test_a_filter_shows_its_value(alice, cast, records, halls):
    shown = autocomplete_input(parse_page(alice.get("/complaints", {"object": halls[0].pk})), "object")
    assert (shown["value"], shown["data-autocomplete"]) == (
        label_of(halls[0]),
        "/choices/facility.complaint/object",
    )
    page = parse_page(alice.get("/complaints", {"object": "halle", "assignee": "me"}))
    assert autocomplete_input(page, "object")["value"] == "halle"
    assert error_of(page, "object").startswith(
        f"“halle” matches several: “{label_of(halls[1])}”; “{label_of(halls[0])}”."
    )
    assert [option["value"] for option in page.select("datalist option")] == [
        label_of(halls[1]),
        label_of(halls[0]),
    ]
    assert autocomplete_input(page, "assignee")["value"] == "Me"
    assert [chip.get_text(" ", strip=True) for chip in page.select(".chip")] == ["Assignee Me"]
    page = parse_page(alice.get("/complaints?assignee=nobody"))
    assert not error_of(page, "assignee") or "There is no" in error_of(page, "assignee")
    assert not error_of(parse_page(alice.get("/complaints?assignee=Nobody")), "assignee")
    assert "There is no customer object “attic”." in error_of(
        parse_page(alice.get("/complaints?object=attic")), "object"
    )


@pytest.mark.slow
def test_other_companies_records_are_neither_suggested_nor_accepted(alice, cast, records, halls):
    other_object = records.their_object
    for typed in (other_object.name, other_object.pk, str(other_object.number + 10**6)):
        assert "There is no" in error_of(parse_page(alice.get("/complaints", {"object": typed})), "object")
        for url in ("/choices/facility.customerobject", "/choices/facility.complaint/object"):
            offered = alice.get(url, {"q": typed, "company": cast.elsewhere.pk}).content.decode()
            assert (other_object.name or "-") not in offered and other_object.pk not in offered
    assert "Charlie" not in alice.get("/choices/people.user?q=charlie").content.decode()
    alice.force_login(cast.rikke)
    assert alice.get("/choices/facility.customerobject?q=halle").status_code == 403
    assert alice.get("/choices/facility.complaint/object?q=halle").status_code == 403


def test_matching_records_are_suggested(alice, cast, records, halls):
    def offered(url, text):
        return [option["value"] for option in parse_page(alice.get(url, {"q": text})).select("option")]

    for url in ("/choices/facility.customerobject", "/choices/facility.complaint/object"):
        assert offered(url, "halle") == [label_of(halls[1]), label_of(halls[0])]
        assert offered(url, str(halls[0].number))[0] == label_of(halls[0])
        assert offered(url, "") == offered(url, "attic") == offered(url, "\x00") == []
    assert offered("/choices/facility.complaint/assignee", "me") == ["Me"]
    assert offered("/choices/facility.complaint/assignee", "vera") == ["Vera (vera)"]
    assert offered("/choices/people.user", "vera") == ["Vera (vera)"]
    for nowhere in (
        "people.nothing",
        "nothing",
        "auth.group",
        "facility.complaint/state",
        "people.company/name",
    ):
        assert alice.get(f"/choices/{nowhere}?q=a").status_code == 404


@pytest.mark.slow
def test_a_new_complaint_gets_the_typed_object(alice, cast, records, halls):
    page = parse_page(alice.get(f"/complaints/new?object={halls[1].pk}"))
    assert autocomplete_input(page, "object")["value"] == label_of(halls[1])
    sent = unedited_data(page) | {"desc": "Lampe kaputt", "user": "vera"}
    alice.post("/complaints/new", sent)
    created = Complaint.objects.get(desc="Lampe kaputt")
    assert (created.object_id, created.user_id) == (halls[1].pk, cast.vera.pk)
    for typed, message in {
        "halle": "matches several",
        "attic": "There is no customer object “attic”",
        "": "cannot be blank",
    }.items():
        page = parse_page(alice.post("/complaints/new", sent | {"object": typed, "desc": "Nichts"}))
        messages = [error.get_text() for error in page.select("#div_id_object .invalid-feedback")]
        assert len(messages) == 1 and message in messages[0]
        assert (
            autocomplete_input(page, "object").get("value", ""),
            page.select_one("textarea[name=desc]").get_text(strip=True),
        ) == (typed, "Nichts")
    assert not Complaint.objects.filter(desc="Nichts").exists()


@pytest.mark.slow
def test_a_selected_record_stays_until_the_text_changes(alice, cast, records, halls):
    place, gone = (
        records.object,
        UserFactory(company=cast.company, username="gone", first_name="Gone", is_active=False),
    )
    ContactFactory(company=cast.company, customer=cast.resold.pk)
    CustomerFactory(company=cast.company, name="Andere AG")
    url = f"/objects/{place.pk}"

    def now():
        return CustomerObject.objects.get(pk=place.pk)

    page = parse_page(alice.get(url))
    assert autocomplete_input(page, "customer")["value"] == f"#{cast.resold.number} {cast.resold}"
    alice.post(
        url,
        unedited_data(page) | {"object_manager": "sven", "contacts-0-contact": f"{records.contact.number}"},
    )
    assert (now().object_manager_id, now().contacts) == (cast.sven.pk, [records.contact.pk])
    version = now().version
    page = parse_page(alice.get(url))
    assert autocomplete_input(page, "contacts-0-contact")["value"].startswith(f"#{records.contact.number} ")
    alice.post(url, unedited_data(page))
    assert now().version == version
    alice.post(url, unedited_data(page) | {"object_manager": "", "customer": "andere"})
    assert now().object_manager_id is None
    assert now().customer.name == "Andere AG"
    page = parse_page(
        alice.post(url, unedited_data(parse_page(alice.get(url))) | {"object_manager": gone.username})
    )
    assert "There is no user “gone”." in page.select_one("#div_id_object_manager").get_text()


@pytest.mark.slow
def test_admin_forms_and_actions_accept_the_same_text(client, cast, records, halls):
    client.force_login(cast.root)
    page = parse_page(client.get("/admin/facility/complaint/add/"))
    assert autocomplete_input(page, "object")["data-autocomplete"].startswith(
        "/choices/facility.customerobject"
    )
    assert page.select_one("script[src$='autocomplete.js']")
    page = parse_page(client.get(f"/admin/facility/customerobject/{records.object.pk}/change/"))
    assert autocomplete_input(page, "customer")["value"] == f"#{cast.resold.number} {cast.resold}"
    chosen = {"action": "assign", "_selected_action": [halls[0].pk, halls[1].pk]}
    page = parse_page(client.post("/admin/facility/customerobject/", chosen))
    seen = page.select_one("[name=seen]")["value"]
    client.post("/admin/facility/customerobject/", chosen | {"seen": seen, "value": "vera"})
    assert {place.object_manager_id for place in CustomerObject.objects.filter(name__startswith="Halle")} == {
        cast.vera.pk
    }


@pytest.mark.slow
def test_a_quick_edit_accepts_typed_text(alice, cast, records):
    url = f"/complaints/{records.complaint.pk}/quick/user"
    assert autocomplete_input(parse_page(alice.get(url)), "value")["data-autocomplete"].startswith(
        "/choices/people.user?company="
    )
    alice.post(url, {"value": "Vera"})
    assert Complaint.objects.get(pk=records.complaint.pk).user_id == cast.vera.pk
    assert autocomplete_input(parse_page(alice.get(url)), "value")["value"] == "Vera (vera)"
    answer = alice.post(url, {"value": "attic"}, follow=True)
    assert "Not saved. There is no user “attic”." in parse_page(answer).get_text()
    row = alice.post(url, {"value": "attic", "row": "user"}, headers={"HX-Request": "true"})
    assert "There is no user “attic”." in row.content.decode()
    alice.post(url, {"value": ""})
    assert Complaint.objects.get(pk=records.complaint.pk).user_id is None
