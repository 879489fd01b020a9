"""Tests that a record form submits the edited values only."""

import pytest

from backoffice.forms.tests.pages import form_data as sent_by_browser
from backoffice.forms.tests.pages import record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.forms import ComplaintForm, CustomerObjectForm
from facility.models import Complaint, CustomerObject
from supportdesk.forms import SupportCaseForm
from supportdesk.models import SupportCase

BY_BROWSER = ChangeContext(Channel.BROWSER)


def unedited_data(form) -> dict:
    """Return the data of an unedited form."""
    return sent_by_browser(str(form))


@pytest.fixture
def full_object(cast, records):
    values = {
        "description": "  two lines\nwith spaces  ",
        "contract_start_date": "2026-01-01T10:20:30.456Z",
        "rating": 2.5,
        "location_latitude": 55.0,
        "location_longitude": 12.123456789012345,
        "material": [{"article": records.article.pk, "budget": 12.0}],
        "contacts": [records.contact.pk],
        "security_code": {"door": "code-marker", "n": 1},
        "status": 77,
        "service_recipient": "",
    }
    return services.update(records.object, values, actor=cast.alice, context=BY_BROWSER).record


def test_an_untouched_form_changes_nothing(cast, records, full_object):
    complaint = services.update(
        records.complaint,
        {"custom_fields": {"floor": 3, "note": "x", "deep": {"a": [1]}}, "images": ["https://example.com/a.jpg"],
         "comment": "line\r\nline", "room_description": " odd\nline ", "tags": ["a,b"]},
        actor=cast.alice, context=BY_BROWSER,
    ).record  # fmt: skip
    for form_class, record, actor in (
        (CustomerObjectForm, full_object, cast.alice),
        (ComplaintForm, complaint, cast.alice),
        (SupportCaseForm, records.case, cast.sven),
    ):
        for uncovered in (False, True):
            record = type(record).objects.get(pk=record.pk)
            sent = unedited_data(form_class(actor=actor, instance=record, uncovered=uncovered))
            form = form_class(sent, actor=actor, instance=record)
            assert form.is_valid(), form.errors
            assert form.values() == {}
            assert form.commit(BY_BROWSER).changes == []


def test_each_row_can_be_changed_added_and_removed(cast, records, full_object):
    sent = unedited_data(CustomerObjectForm(actor=cast.alice, instance=full_object))
    sent |= {"tags-0-DELETE": "on", "tags-2-text": "south", "material-0-budget": "7", "rating": "4"}
    form = CustomerObjectForm(sent, actor=cast.alice, instance=full_object)
    assert form.is_valid(), form.errors
    assert form.commit(BY_BROWSER).changes
    saved = CustomerObject.objects.get(pk=full_object.pk)
    assert saved.tags == ["north", "south"]
    assert saved.material == [{"article": records.article.pk, "budget": 7.0}]
    assert (saved.rating, saved.security_code) == (4.0, {"door": "code-marker", "n": 1})


def test_comments_and_their_files(cast):
    sent = unedited_data(SupportCaseForm(actor=cast.sven)) | {
        "name": "Intet billede",
        "comments-0-comment": "Ja, stadig sort",
        "comments-0-files-0-url": "https://example.com/log.txt",
        "comments-0-files-0-type": "DOC",
    }
    form = SupportCaseForm(sent, actor=cast.sven)
    assert form.is_valid(), form.errors
    (comment,) = SupportCase.objects.get(pk=form.commit(BY_BROWSER).record.pk).comments
    assert [(file["url"], file["type"]) for file in comment["files"]] == [
        ("https://example.com/log.txt", "DOC")
    ]
    assert (comment["comment"], comment["employee"], comment["is_support"]) == (
        "Ja, stadig sort",
        cast.sven.pk,
        True,
    )


def test_errors_are_shown_at_their_fields_and_rows(cast, records, full_object):
    sent = unedited_data(CustomerObjectForm(actor=cast.alice, instance=full_object))
    sent |= {"rating": "6", "material-0-budget": "much", "tags-2-text": "north", "location_latitude": ""}
    form = CustomerObjectForm(sent, actor=cast.alice, instance=full_object)
    assert not form.is_valid()
    assert form.errors["rating"] == ["Ensure this value is less than or equal to 5."]
    assert form.row_sets["material"].forms[0].errors["budget"] == ["Enter a number, such as 2.5."]
    assert form.row_sets["tags"].forms[2].errors["text"] == ["This occurs twice in the list."]
    assert 'value="much"' in str(form)


@pytest.mark.slow
def test_secrets_can_be_hidden_replaced_and_removed(cast, records, full_object):
    covered = CustomerObjectForm(actor=cast.alice, instance=full_object)
    assert "code-marker" not in str(covered)
    assert "code-marker" in str(CustomerObjectForm(actor=cast.alice, instance=full_object, uncovered=True))
    assert "security_code" not in CustomerObjectForm(actor=cast.vera, instance=full_object).fields
    sent = unedited_data(covered) | {"security_code": "0042"}
    form = CustomerObjectForm(sent, actor=cast.alice, instance=full_object)
    assert form.is_valid()
    changed = form.commit(BY_BROWSER).record
    assert changed.security_code == "0042"
    sent = unedited_data(CustomerObjectForm(actor=cast.alice, instance=changed)) | {
        "security_code-clear": "1"
    }
    form = CustomerObjectForm(sent, actor=cast.alice, instance=changed)
    assert form.is_valid()
    assert form.commit(BY_BROWSER).record.security_code is None


def test_concurrent_changes_of_other_users_are_kept(cast, records):
    sent = unedited_data(ComplaintForm(actor=cast.alice, instance=records.complaint)) | {
        "room_description": "seen it"
    }
    services.update(
        records.complaint, {"priority": 4, "tags": ["urgent"]}, actor=cast.ada, context=BY_BROWSER
    )
    present = Complaint.objects.get(pk=records.complaint.pk)
    form = ComplaintForm(sent, actor=cast.alice, instance=present)
    assert form.is_valid(), form.errors
    record = form.commit(BY_BROWSER).record
    assert (record.priority, record.room_description, record.tags) == (4, "seen it", ["urgent"])


def test_an_overlapping_edit_is_a_conflict_and_keeps_the_input(cast, records):
    sent = unedited_data(ComplaintForm(actor=cast.alice, instance=records.complaint)) | {"desc": "my text"}
    services.update(records.complaint, {"desc": "their text"}, actor=cast.ada, context=BY_BROWSER)
    form = ComplaintForm(sent, actor=cast.alice, instance=Complaint.objects.get(pk=records.complaint.pk))
    assert not form.is_valid()
    assert form.errors["desc"] == ["Choose which version to keep."]
    assert "my text" in str(form["desc"])


def test_a_new_record_is_created(cast, records):
    form = ComplaintForm(actor=cast.alice, initial={"object": records.object.pk})
    sent = unedited_data(form) | {"desc": "Vandhanen drypper", "images-0-value": "not a uri"}
    assert sent["object"] == records.object.pk
    form = ComplaintForm(sent, actor=cast.alice, initial={"object": records.object.pk})
    assert not form.is_valid()
    sent["images-0-value"] = "https://example.com/tap.jpg"
    form = ComplaintForm(sent, actor=cast.alice, initial={"object": records.object.pk})
    assert form.is_valid(), form.errors
    created = form.commit(BY_BROWSER).record
    assert (created.object_id, created.images, created.number) == (
        records.object.pk,
        ["https://example.com/tap.jpg"],
        2,
    )


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ('["\\ud800"]', "surrogate"),
        ('{"a\\u0000": 1}', "Null characters"),
        ("[" + "9" * 30 + "]", "too many digits"),
        ("[NaN]", "NaN is not JSON"),
        ("[" * 70 + "]" * 70, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": 1, "a": 2}', "a: This name occurs twice in the object."),
        ('[{"b": {"a": 1, "a": 2}}]', "a: This name occurs twice in the object."),
        ("[1e400]", "too large"),
        ("[12", ""),
    ],
)
def test_json_input_follows_the_rules_of_the_api(typed, message, cast, records):
    for form_class, record, typed_into in (
        (CustomerObjectForm, records.object, {"security_code": typed}),
        (ComplaintForm, records.complaint, {"custom_fields-0-name": "a", "custom_fields-0-value": typed}),
    ):
        sent = unedited_data(form_class(actor=cast.alice, instance=record)) | typed_into
        form = form_class(sent, actor=cast.alice, instance=record)
        if message:
            assert not form.is_valid()
            assert message in " ".join(text for _control, _label, text in form.summary)
        else:  # not JSON, so it is text
            assert form.is_valid()
            assert typed in str(form.commit(BY_BROWSER).record.__dict__)


@pytest.mark.parametrize("date", ["9999-12-30T12:00:00Z", "0001-01-02T12:00:00Z", "0999-06-01T12:00:00Z"])
def test_the_first_and_last_dates_are_shown_and_kept(date, cast, records):
    record = services.update(
        records.object, {"contract_start_date": date}, actor=cast.alice, context=BY_BROWSER
    ).record
    form = CustomerObjectForm(unedited_data(CustomerObjectForm(actor=cast.alice, instance=record)),
                              actor=cast.alice, instance=record)  # fmt: skip
    assert form.is_valid(), form.errors
    assert form.values() == {}


@pytest.mark.slow
def test_a_new_secret_is_kept_when_the_form_is_shown_again(cast, records, client):
    services.update(
        records.object,
        {"security_code": "4711", "key": "K7"},
        actor=cast.alice,
        context=ChangeContext(Channel.JSON),
    )
    client.force_login(cast.alice)
    page = f"/objects/{records.object.pk}"
    sent = sent_by_browser(record_form(client.get(page).content))
    sent |= {"rating": "9", "security_code": "typed", "key-clear": "1"}
    again = sent_by_browser(record_form(client.post(page, sent).content))
    assert (again["security_code"], again["key-clear"]) == ("typed", "1")
    client.post(page, again | {"rating": "4"})
    saved = type(records.object).objects.get(pk=records.object.pk)
    assert (saved.security_code, saved.key) == ("typed", None)


def test_a_missing_value_has_a_plain_message(cast, as_user):
    page = as_user(cast.alice).post("/complaints/new", {"desc": "Lamp"}).content.decode()
    assert "This field cannot be blank." in page and "null" not in page
