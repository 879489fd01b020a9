"""A reseller raises cases in their own name, and says nothing that is for the support side to say."""

import pytest
from django.urls import reverse

from backoffice.forms.tests.pages import as_sent, record_form
from supportdesk.models import SupportCase

FORGED = {
    "response_answer": {"response_answer": "We pay you 1000 kr."},
    "response_author": {"response_author": "PlayMaker Teamet"},
    "response_date": {"response_date": "2026-01-01T10:00"},
    "employee_name": {"employee_name": "Sven"},
    "a comment's author": {"comments-0-comment": "Solved!", "comments-0-employee_name": "Sven"},
    "a comment's side": {"comments-0-comment": "Solved!", "comments-0-is_support": "true"},
}


@pytest.fixture
def raised(cast, client):
    """`raised(**values)`: the answer to the reseller's form for a new case."""
    client.force_login(cast.rikke)
    page = reverse("supportdesk:supportcase_new")
    sent = as_sent(record_form(client.get(page).content)) | {"name": "Ingen lyd", "customer": cast.resold.pk}
    return lambda **values: client.post(page, sent | values)


@pytest.mark.parametrize("what", FORGED)
def test_a_reseller_speaks_for_nobody_else(raised, what):
    answer = raised(**FORGED[what])
    assert "Only the support side may say this." in answer.content.decode()
    assert not SupportCase.objects.exists()


def test_a_reseller_comments_in_their_own_name(cast, raised):
    raised(**{"comments-0-comment": "Haster", "private_information": "+45 8888 9977"})
    case = SupportCase.objects.get()
    (comment,) = case.comments
    assert (case.employee_id, case.employee_name, case.private_information) == (
        cast.rikke.pk, "Rikke", "+45 8888 9977",
    )  # fmt: skip
    assert (comment["employee"], comment["employee_name"], comment["is_support"]) == (
        cast.rikke.pk, "Rikke", False,
    )  # fmt: skip
