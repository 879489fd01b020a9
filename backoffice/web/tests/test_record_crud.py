"""Tests of the pages of a record, for each model: read, edit, create, actions, secrets, deletion."""

import re

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History, SecretReading
from backoffice.records.tests.parameters import deep_only, select_daily
from facility.models import Article, Complaint, CustomerObject
from supportdesk.models import SupportCase

RECORD_TYPES = {
    "complaint": (Complaint, "alice", {"desc": "Ny beskrivelse"}),
    "object": (CustomerObject, "alice", {"name": "Nyt navn"}),
    "case": (SupportCase, "sven", {"name": "Nyt emne"}),
    "article": (Article, "alice", {"name": "Ny vare"}),
    "contact": (Contact, "alice", {"role": "Vicevært"}),
    "resold": (Customer, "sven", {"name": "Nyt kundenavn"}),
    "vera": (User, "ada", {"email": "vera@example.dk"}),
}
FOREIGN_RECORDS = {"complaint": "their_complaint", "object": "their_object", "case": "their_case", "article": "their_article",
             "contact": "their_contact", "resold": "their_customer"}  # fmt: skip


def record_url(record, name="record"):
    meta = record._meta
    return reverse(
        f"{meta.app_label}:{meta.model_name}_{name}", args=[record.pk] if name not in ("new", "list") else []
    )


@pytest.fixture(params=select_daily(RECORD_TYPES, "complaint", "case"))
def case_of(request, cast, records):
    """Return (record, editor, values) for each model."""
    record = getattr(records, request.param, None) or getattr(cast, request.param)
    _model, editor, values = RECORD_TYPES[request.param]
    return record, getattr(cast, editor), values


def test_a_record_is_edited_and_its_history_shown(case_of, as_user):
    record, editor, values = case_of
    browser = as_user(editor)
    sent = form_data(record_form(browser.get(record_url(record)).content))
    response = browser.post(record_url(record), sent | values, follow=True)
    assert response.redirect_chain == [(record_url(record), 302)]
    text = BeautifulSoup(response.content, "lxml").get_text(" ", strip=True)
    assert "Saved" in text
    for name, value in values.items():
        assert getattr(type(record).objects.get(pk=record.pk), name) == value
        assert form_data(record_form(response.content))[name] == value
    row = History.objects.filter(record_id=record.pk).order_by("-version").first()
    assert (row.version, row.via, row.who) == (2, "browser", editor.history_name)


@pytest.mark.slow
def test_saving_an_untouched_page_changes_nothing(case_of, as_user):
    record, editor, _values = case_of
    browser = as_user(editor)
    sent = form_data(record_form(browser.get(record_url(record)).content))
    assert "nothing was saved" in browser.post(record_url(record), sent, follow=True).content.decode()
    assert History.objects.filter(record_id=record.pk).count() == 1


@pytest.mark.slow
def test_other_companies_users_get_404(cast, records, as_user):
    for own, others in FOREIGN_RECORDS.items():
        record = getattr(records, others)
        browser = as_user(getattr(cast, RECORD_TYPES[own][1]))
        for name in ("record", "remove"):
            assert browser.get(record_url(record, name)).status_code == 404
            assert browser.post(record_url(record, name), {}).status_code == 404
        assert browser.post(record_url(record, "secrets")).status_code == 404
        unknown = record_url(record).replace(record.pk, "f" * 24)
        assert browser.get(unknown).status_code == 404
    assert as_user(cast.ada).get(record_url(cast.charlie)).status_code == 404


@pytest.mark.slow
def test_a_viewer_can_read_but_not_write(cast, records, as_user):
    browser = as_user(cast.vera)
    for record in (
        records.complaint,
        records.object,
        records.case,
        records.article,
        records.contact,
        cast.resold,
    ):
        response = browser.get(record_url(record))
        assert response.status_code == 200
        assert not re.search(r"\bSave\b", BeautifulSoup(response.content, "lxml").get_text())
        assert browser.post(record_url(record), {}).status_code == 403
        assert browser.get(record_url(record, "new")).status_code == 403
        assert browser.post(record_url(record, "new"), {}).status_code == 403
        assert browser.get(record_url(record, "remove")).status_code == 403
        assert browser.post(record_url(record, "remove")).status_code == 403
    assert browser.post(record_url(records.object, "secrets")).status_code == 403
    assert (
        browser.post(reverse("facility:complaint_action", args=[records.complaint.pk, "finish"])).status_code
        == 403
    )
    assert History.objects.exclude(version=1).count() == 0


def test_apps_require_their_permissions(cast, records, as_user):
    assert as_user(cast.sven).get(record_url(records.complaint)).status_code == 403
    assert as_user(cast.alice).get(record_url(records.case)).status_code == 403
    assert as_user(cast.alice).get(record_url(cast.sven, "new")).status_code == 403
    response = Client().get(record_url(records.complaint))
    assert response.status_code == 302
    assert response.url.startswith(reverse("web:sign_in"))


@pytest.mark.slow
def test_errors_keep_the_input_and_name_the_field(cast, records, as_user):
    browser = as_user(cast.alice)
    sent = form_data(record_form(browser.get(record_url(records.object)).content))
    sent |= {"rating": "9", "contact_email": "nobody", "name": "Stadig her", "material-0-budget": "3"}
    response = browser.post(record_url(records.object), sent)
    assert response.status_code == 200
    again = form_data(record_form(response.content))
    assert (again["rating"], again["contact_email"], again["name"]) == ("9", "nobody", "Stadig her")
    soup = BeautifulSoup(response.content, "lxml")
    links = {link["href"] for link in soup.select(".error-summary a")}
    assert links >= {"#id_rating", "#id_contact_email", "#id_material-0-article"}
    assert all(soup.find(id=link[1:]) for link in links)


def test_changes_in_two_windows_of_one_user_are_merged_and_shown(cast, records, as_user):
    browser = as_user(cast.alice)
    opened = form_data(record_form(browser.get(record_url(records.complaint)).content))
    browser.post(record_url(records.complaint), opened | {"room_description": "Cellar"})
    second = browser.post(
        record_url(records.complaint), opened | {"contact_telephone": "+45 33 12 34 56"}, follow=True
    )
    assert "You changed room in the meantime. Both changes were kept." in second.content.decode()
    services.update(records.complaint, {"priority": 4}, actor=cast.alice, context=ChangeContext(Channel.JSON))
    after_script = browser.post(record_url(records.complaint), opened | {"comment": "Note"}, follow=True)
    assert "Alice changed priority in the meantime." in after_script.content.decode()
    third = browser.post(record_url(records.complaint), opened | {"room_description": "Attic"})
    assert "Not saved: this was changed in the meantime" in third.content.decode()


def test_the_page_with_secrets_opens_at_the_first_one(cast, records, as_user):
    browser = as_user(cast.alice)
    by = {"actor": cast.ada, "context": ChangeContext(Channel.JSON)}
    services.update(records.object, {"security_code": "7788"}, **by)
    page = BeautifulSoup(browser.get(record_url(records.object)).content, "lxml")
    [action] = [form["action"] for form in page.select("form[action*='/secrets']")]
    path, place = action.split("#")
    assert BeautifulSoup(browser.post(path).content, "lxml").find(id=place)["name"] == "security_code"


def test_concurrent_changes_of_two_users_are_merged_and_shown(cast, records, as_user):
    browser = as_user(cast.alice)
    sent = form_data(record_form(browser.get(record_url(records.complaint)).content)) | {
        "room_description": "set"
    }
    services.update(records.complaint, {"priority": 4}, actor=cast.ada, context=ChangeContext(Channel.JSON))
    text = browser.post(record_url(records.complaint), sent, follow=True).content.decode()
    assert "Ada changed priority in the meantime. Both changes were kept." in text
    saved = Complaint.objects.get(pk=records.complaint.pk)
    assert (saved.priority, saved.room_description) == (4, "set")

    sent = sent | {"room_description": "mine"}
    response = browser.post(record_url(records.complaint), sent)
    assert response.status_code == 200
    assert form_data(record_form(response.content))["room_description"] == "mine"
    assert Complaint.objects.get(pk=records.complaint.pk).room_description == "set"


@deep_only
def test_each_record_type_can_be_created(cast, records, as_user):
    for model, editor, values in (
        (
            Complaint,
            cast.alice,
            {"object": records.object.pk, "desc": "Vinduet er i stykker", "priority": "3"},
        ),
        (
            CustomerObject,
            cast.alice,
            {"customer": cast.resold.pk, "address_street": "Søndergade 2", "name": "Skolen"},
        ),
        (SupportCase, cast.sven, {"name": "Hakker", "customer": cast.resold.pk, "device": "IOS"}),
        (Article, cast.alice, {"name": "Sæbe"}),
        (Contact, cast.alice, {"email": "karen@example.dk"}),
        (Customer, cast.sven, {"name": "Ny kunde"}),
        (User, cast.ada, {"username": "nina", "roles": ["Viewer"], "email": "nina@example.dk"}),
    ):
        browser = as_user(editor)
        new = reverse(f"{model._meta.app_label}:{model._meta.model_name}_new")
        sent = form_data(record_form(browser.get(new).content)) | values
        response = browser.post(new, sent)
        assert response.status_code == 302, response.content.decode()
        created = model.objects.latest("created_at")
        assert response.url == record_url(created)
        assert (created.company_id, created.created_by_id) == (cast.company.pk, editor.pk)
        for name, value in values.items():
            prop = model.properties[name]
            assert prop.plain(prop.read(created)) == (int(value) if name == "priority" else value)
        assert browser.get(record_url(created)).status_code == 200


def test_a_new_complaint_gets_its_object_from_the_url(cast, records, as_user):
    new = f"{reverse('facility:complaint_new')}?object={records.object.pk}&nonsense=1"
    assert form_data(record_form(as_user(cast.alice).get(new).content))["object"] == records.object.pk


def test_a_new_key_is_shown_once(cast, records, as_user):
    browser = as_user(cast.alice)
    new = reverse("people:apikey_new")
    sent = form_data(record_form(browser.get(new).content))
    response = browser.post(
        new, sent | {"name": "nightly", "owner": cast.alice.pk, "scopes": ["facility:read"]}
    )
    assert response.headers["Cache-Control"] == "no-store"
    created = ApiKey.objects.get(name="nightly")
    shown = BeautifulSoup(response.content, "lxml").find(id="new-key")["value"]
    assert ApiKey.find(shown) == created
    assert shown not in browser.get(record_url(created)).content.decode()
    assert as_user(cast.sven).get(record_url(created)).status_code == 404
    refused = browser.post(
        new, sent | {"name": "not mine", "owner": cast.sven.pk, "scopes": ["facility:read"]}
    )
    assert "You cannot create a key for this user." in refused.content.decode()


@pytest.mark.slow
def test_secrets_are_shown_on_request_and_logged(cast, records, as_user):
    services.update(
        records.object,
        {"security_code": "4711-marker"},
        actor=cast.alice,
        context=ChangeContext(Channel.JSON),
    )
    browser = as_user(cast.alice)
    assert "4711-marker" not in browser.get(record_url(records.object)).content.decode()
    assert not SecretReading.objects.exists()
    response = browser.post(record_url(records.object, "secrets"))
    assert "4711-marker" in response.content.decode()
    assert response.headers["Cache-Control"] == "no-store"
    reading = SecretReading.objects.get()
    assert (reading.who, reading.properties, reading.record_id) == (
        "Alice",
        ["security_code"],
        records.object.pk,
    )
    sent = form_data(record_form(response.content)) | {"security_code": ""}
    browser.post(record_url(records.object), sent)
    assert CustomerObject.objects.get(pk=records.object.pk).security_code is None


def test_actions_change_the_state(cast, records, as_user):
    browser = as_user(cast.alice)
    act = reverse("facility:complaint_action", args=[records.complaint.pk, "take"])
    assert browser.get(act)["Location"] == f"/complaints/{records.complaint.pk}"
    browser.post(act)
    browser.post(act.replace("take", "finish"))
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    assert (complaint.user_id, complaint.complaint_status) == (cast.alice.pk, "finished")
    browser.post(act.replace("take", "reopen"))
    assert Complaint.objects.get(pk=complaint.pk).complaint_status == "assigned"
    assert browser.post(act.replace("take", "explode")).status_code == 403
    solve = reverse("supportdesk:supportcase_action", args=[records.case.pk, "solve"])
    as_user(cast.sven).post(solve)
    assert SupportCase.objects.get(pk=records.case.pk).solved


def test_deletion_is_confirmed_and_lists_dependent_records(cast, records, as_user):
    browser = as_user(cast.alice)
    sent = form_data(record_form(browser.get(record_url(records.object, "remove")).content))
    assert "1 complaints" in browser.post(record_url(records.object, "remove"), sent).content.decode()
    changed = services.update(
        records.complaint, {"priority": 2}, actor=cast.ada, context=ChangeContext(Channel.JSON)
    ).record
    stale = browser.post(record_url(records.complaint, "remove"), {"version": "1"})
    assert "has changed this" in stale.content.decode()
    sent = form_data(record_form(browser.get(record_url(changed, "remove")).content))
    assert browser.post(record_url(changed, "remove"), sent).status_code == 302
    assert not Complaint.objects.filter(pk=changed.pk).exists()
    assert browser.get(record_url(changed)).status_code == 404


@pytest.mark.slow
def test_private_information_is_for_support_and_the_reporter_only(cast, records, as_user):
    case = services.update(
        records.case, {"private_information": "private-marker-2", "response_answer": "Svar"},
        actor=cast.sven, context=ChangeContext(Channel.BROWSER),
    ).record  # fmt: skip
    rikke = as_user(cast.rikke)
    seen = rikke.get(record_url(case)).content.decode()
    assert "private-marker" not in seen
    assert "Internal note" not in seen
    assert "Replied by (name)" not in seen
    own = reverse("supportdesk:supportcase_new")
    sent = form_data(record_form(rikke.get(own).content))
    sent |= {"name": "Sort skærm", "customer": cast.resold.pk, "private_information": "only-for-rikke"}
    response = rikke.post(own, sent)
    assert response.status_code == 302
    created = SupportCase.objects.get(name="Sort skærm")
    assert (created.employee_id, created.private_information) == (cast.rikke.pk, "only-for-rikke")
    assert "only-for-rikke" in rikke.get(record_url(created)).content.decode()
    assert rikke.post(record_url(created), {}).status_code == 403


def test_a_reseller_sees_its_own_customers_cases_only(cast, records, as_user):
    rikke = as_user(cast.rikke)
    assert rikke.get(record_url(records.case)).status_code == 200
    other = services.update(
        records.case, {"customer": cast.reseller.pk}, actor=cast.sven, context=ChangeContext(Channel.BROWSER)
    ).record
    assert rikke.get(record_url(other)).status_code == 404


@pytest.mark.slow
def test_every_record_page_links_to_related_records(cast, records, as_user):
    def links(response):
        return {link.get("href") for link in BeautifulSoup(response.content, "lxml").find_all("a")}

    complaint = links(as_user(cast.alice).get(record_url(records.complaint)))
    assert {record_url(records.object), record_url(cast.resold)} <= complaint
    customer = links(as_user(cast.ada).get(record_url(cast.resold)))
    assert {
        record_url(records.object),
        record_url(records.case),
        record_url(records.contact),
        record_url(records.complaint),
    } <= customer
    assert record_url(cast.resold) in links(as_user(cast.sven).get(record_url(records.case)))


@pytest.mark.slow
def test_a_conflict_is_resolved_by_choosing_values(cast, records, as_user):
    browser = as_user(cast.alice)
    sent = form_data(record_form(browser.get(record_url(records.complaint)).content))
    sent |= {"desc": "mine", "contact_name": "only mine", "priority": "2"}
    services.update(
        records.complaint, {"desc": "theirs", "priority": 4, "room_description": "Kælderen"},
        actor=cast.ada, context=ChangeContext(Channel.JSON),
    )  # fmt: skip
    response = browser.post(record_url(records.complaint), sent)
    soup = BeautifulSoup(response.content, "lxml")
    conflicts = {box["id"]: box.get_text(" ", strip=True) for box in soup.select("fieldset.conflict")}
    assert set(conflicts) == {"settle-desc", "settle-priority"}
    assert "Ada changed" in conflicts["settle-desc"]
    assert "Keep my version: mine" in conflicts["settle-desc"]
    assert "Use the other version: Critical" in conflicts["settle-priority"]
    assert "via API" in conflicts["settle-priority"]
    assert "Kælderen" in soup.select_one(".conflict-note").get_text()
    assert Complaint.objects.get(pk=records.complaint.pk).version == 2

    again = form_data(record_form(response.content))
    assert (again["desc"], again["contact_name"]) == ("mine", "only mine")
    half = browser.post(record_url(records.complaint), again | {"settle-desc": "mine"})
    chosen = form_data(record_form(half.content))
    assert (chosen["settle-desc"], "settle-priority" in chosen) == (
        "mine",
        False,
    )  # the choice that was made stays
    browser.post(record_url(records.complaint), chosen | {"settle-priority": "theirs"})
    saved = Complaint.objects.get(pk=records.complaint.pk)
    assert (saved.desc, saved.priority, saved.contact_name, saved.room_description) == (
        "mine",
        4,
        "only mine",
        "Kælderen",
    )
    assert saved.version == 3


def test_the_form_of_a_new_record_names_no_other_companies_users(cast, records, as_user):
    new = f"{reverse('facility:complaint_new')}?object={records.their_object.pk}"
    assert str(records.their_object) not in as_user(cast.alice).get(new).content.decode()
