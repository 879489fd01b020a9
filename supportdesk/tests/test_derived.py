"""What follows by itself when a case is raised, answered and commented on."""

from backoffice.people.tests.factories import UserFactory
from backoffice.records.actors import Door, Via
from backoffice.records.change import change, create
from supportdesk.models import SupportCase

BY_BROWSER = Via(Door.BROWSER)


def test_a_case_knows_who_raised_and_answered_it(cast, records):
    case = create(
        SupportCase, {"name": "Ingen lyd", "customer": cast.resold.pk}, actor=cast.sven, via=BY_BROWSER
    ).record
    assert (case.employee_id, case.employee_name, case.customer_name) == (
        cast.sven.pk, "Sven", "Hansen Boligforening ApS",
    )  # fmt: skip
    answered = change(case, {"response_answer": "Genstart"}, actor=cast.ada, via=BY_BROWSER)
    record = answered.record
    assert (record.response_author, record.response_employee_id, record.response_employee_name) == (
        "PlayMaker Teamet", cast.ada.pk, "Ada",
    )  # fmt: skip
    assert record.response_date == answered.at
    moved = change(record, {"customer": cast.reseller.pk}, actor=cast.sven, via=BY_BROWSER).record
    assert moved.customer_name == "Nordnet Reseller ApS"


def test_what_was_sent_along_is_kept(cast, records):
    sent = {"response_answer": "Svar", "response_author": "Os", "response_date": "2026-01-01T00:00:00Z",
            "response_employee": cast.sven.pk, "response_employee_name": "S."}  # fmt: skip
    record = change(records.case, sent, actor=cast.ada, via=BY_BROWSER).record
    assert (record.response_author, record.response_date.year) == ("Os", 2026)
    assert (record.response_employee_id, record.response_employee_name) == (cast.sven.pk, "S.")


def test_comments_know_their_author_and_side(cast, records):
    comments = [{"comment": "fra os"}, {"comment": "fra Rikke", "employee": cast.rikke.pk}]
    case = change(records.case, {"comments": comments}, actor=cast.sven, via=BY_BROWSER, base=1).record
    ours, hers = case.comments
    assert (ours["employee_name"], ours["is_support"], ours["customer"]) == ("Sven", True, None)
    assert (hers["employee_name"], hers["is_support"]) == ("Rikke", False)
    assert (hers["customer"], hers["customer_name"]) == (cast.reseller.pk, "Nordnet Reseller ApS")


def test_an_operator_of_no_company_comments_and_answers_by_name(cast, records):
    values = {"comments": [{"comment": "fra driften"}], "response_answer": "Vi ser på det"}
    operator = UserFactory(is_superuser=True, first_name="Olga")
    assert operator.company_id is None
    case = change(records.case, values, actor=operator, via=BY_BROWSER, base=1).record
    comment = case.comments[0]
    assert (comment["employee"], comment["employee_name"], comment["is_support"]) == (None, "Olga", True)
    assert case.response_employee_id is None


def test_an_author_that_was_taken_away_on_purpose_stays_away(cast, records):
    signed = change(records.case, {"response_author": "Os"}, actor=cast.sven, via=BY_BROWSER).record
    values = {"response_author": "", "response_answer": "Svar"}
    assert change(signed, values, actor=cast.sven, via=BY_BROWSER).record.response_author == ""
