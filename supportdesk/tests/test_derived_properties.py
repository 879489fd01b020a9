"""Derived properties of cases that are raised, answered and commented on."""

import pytest
from django.core.exceptions import ValidationError

from backoffice.api.tests.clients import ApiClient
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from supportdesk.models import SupportCase

BY_BROWSER = ChangeContext(Channel.BROWSER)


def test_a_case_stores_its_creator_and_the_author_of_the_answer(cast, records):
    case = services.create(
        SupportCase, {"name": "Ingen lyd", "customer": cast.resold.pk}, actor=cast.sven, context=BY_BROWSER
    ).record
    assert (case.employee_id, case.employee_name, case.customer_name) == (
        cast.sven.pk, "Sven", "Hansen Boligforening ApS",
    )  # fmt: skip
    answered = services.update(case, {"response_answer": "Genstart"}, actor=cast.ada, context=BY_BROWSER)
    record = answered.record
    assert (record.response_author, record.response_employee_id, record.response_employee_name) == (
        "PlayMaker Teamet", cast.ada.pk, "Ada",
    )  # fmt: skip
    assert record.response_date == answered.at
    moved = services.update(
        record, {"customer": cast.reseller.pk}, actor=cast.sven, context=BY_BROWSER
    ).record
    assert moved.customer_name == "Nordnet Reseller ApS"


def test_the_date_of_a_case_is_set_at_its_creation_only(cast, records):
    with pytest.raises(ValidationError) as raised:
        services.update(records.case, {"date": "2020-01-01T00:00:00Z"}, actor=cast.ada, context=BY_BROWSER)
    assert raised.value.message_dict == {"date": ["The date of a case cannot be changed."]}
    assert SupportCase.objects.get(pk=records.case.pk).date == records.case.date


def test_sent_values_are_kept(cast, records):
    sent = {"response_answer": "Svar", "response_author": "Os", "response_date": "2026-01-01T00:00:00Z",
            "response_employee": cast.sven.pk, "response_employee_name": "S."}  # fmt: skip
    record = services.update(records.case, sent, actor=cast.ada, context=BY_BROWSER).record
    assert (record.response_author, record.response_date.year) == ("Os", 2026)
    assert (record.response_employee_id, record.response_employee_name) == (cast.sven.pk, "S.")


def test_comments_store_their_author_and_side(cast, records):
    comments = [{"comment": "fra os"}, {"comment": "fra Rikke", "employee": cast.rikke.pk}]
    case = services.update(
        records.case, {"comments": comments}, actor=cast.sven, context=BY_BROWSER, base=1
    ).record
    ours, hers = case.comments
    assert (ours["employee_name"], ours["is_support"], ours["customer"]) == ("Sven", True, None)
    assert (hers["employee_name"], hers["is_support"]) == ("Rikke", False)
    assert (hers["customer"], hers["customer_name"]) == (cast.reseller.pk, "Nordnet Reseller ApS")


def test_an_operator_without_company_comments_and_answers_by_name(cast, records):
    values = {"comments": [{"comment": "fra driften"}], "response_answer": "Vi ser på det"}
    operator = UserFactory(is_superuser=True, first_name="Olga")
    assert operator.company_id is None
    case = services.update(records.case, values, actor=operator, context=BY_BROWSER, base=1).record
    comment = case.comments[0]
    assert (comment["employee"], comment["employee_name"], comment["is_support"]) == (None, "Olga", True)
    assert case.response_employee_id is None


def test_an_author_that_was_removed_is_not_derived_again(cast, records):
    signed = services.update(
        records.case, {"response_author": "Os"}, actor=cast.sven, context=BY_BROWSER
    ).record
    values = {"response_author": "", "response_answer": "Svar"}
    assert services.update(signed, values, actor=cast.sven, context=BY_BROWSER).record.response_author == ""


RESPONSE = {"author": "Os", "employee": None, "employeeName": "M.", "date": "2026-01-01T00:00:00.000Z"}


@pytest.fixture
def answer(cast, records, key_of):
    """`answer(body)` updates the case over JSON as Sven and returns its `response`."""
    caller = ApiClient(key_of(cast.sven))

    def send(body, **headers):
        got = caller.post(f"/iptv/supportcase/{records.case.pk}", body, **headers)
        assert got.status_code == 200, got.json()
        return got.json().get("response")

    return send


@pytest.mark.parametrize(
    "left_out", [(), ("employee",), ("date",), ("employeeName",), ("author",), ("employee", "date")]
)
def test_sent_values_are_kept_even_if_equal_to_the_stored_ones(cast, answer, left_out):
    given = RESPONSE | {"employee": cast.ada.pk}
    answer({"response": given | {"answer": "one"}})
    again = answer(
        {"response": {key: value for key, value in given.items() if key not in left_out} | {"answer": "two"}}
    )
    assert again["employee"] == (cast.sven.pk if "employee" in left_out else cast.ada.pk)
    assert (again["date"] == given["date"]) == ("date" not in left_out)
    assert again["author"] == "Os"
    # The name follows the reference if the reference changes.
    assert again["employeeName"] == ("Sven" if left_out == ("employee", "employeeName") else "M.")


def test_unchanged_values_sent_with_a_stamp_are_no_edits(cast, records, answer):
    """With the stamp, values equal to those of the version read are no edit: editing the answer makes its
    editor the author."""
    given = RESPONSE | {"employee": cast.ada.pk, "answer": "one"}
    answer({"response": given})
    case = SupportCase.objects.get(pk=records.case.pk)
    stamp = case.last_modified_at.isoformat().replace("+00:00", "Z")
    again = answer({"lastUpdated": stamp, "response": given | {"answer": "two"}})
    assert again["employee"] == cast.sven.pk
    assert again["date"] != given["date"]
    # With concurrent changes by others, a sent value counts as an edit, even if it equals the stored one.
    read = SupportCase.objects.get(pk=records.case.pk)
    stamp = read.last_modified_at.isoformat().replace("+00:00", "Z")
    services.update(read, {"response_employee": cast.ada.pk}, actor=cast.ada, context=BY_BROWSER)
    again = answer({"lastUpdated": stamp, "response": {"answer": "three", "employee": cast.ada.pk}})
    assert again["employee"] == cast.ada.pk


def test_sent_names_are_kept_when_their_reference_changes(cast, records, key_of):
    caller, url = ApiClient(key_of(cast.sven)), f"/iptv/supportcase/{records.case.pk}"
    named = caller.get(url).json()["customerName"]
    body = caller.post(url, {"customer": cast.reseller.pk, "customerName": named}).json()
    assert (body["customer"], body["customerName"]) == (cast.reseller.pk, named)
    body = caller.post(url, {"customer": cast.resold.pk}).json()
    assert body["customerName"] == "Hansen Boligforening ApS"


@pytest.mark.parametrize("empty", ["", None])
@pytest.mark.parametrize("rest", [{}, RESPONSE])
def test_emptying_the_answer_empties_the_response(answer, empty, rest):
    assert answer({"response": {"answer": "one"}})["author"] == "PlayMaker Teamet"
    assert answer({"response": rest | {"answer": empty}}) is None
