"""Resellers raise cases in their own name, and cannot set what only support may set."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from supportdesk.models import SupportCase

FORGED = {
    "response_answer": {"response_answer": "We pay you 1000 kr."},
    "response_author": {"response_author": "PlayMaker Teamet"},
    "response_date": {"response_date": "2026-01-01T10:00Z"},
    "employee_name": {"employee_name": "Sven"},
    "comments.0.employee": {"comments": [{"comment": "Solved!", "employee_name": "Sven"}]},
    "comments.0.is_support": {"comments": [{"comment": "Solved!", "is_support": True}]},
}


@pytest.mark.parametrize("path", FORGED)
def test_a_reseller_cannot_act_for_others(path, cast):
    values = {"name": "Ingen lyd", "customer": cast.resold.pk, **FORGED[path]}
    with pytest.raises(ValidationError) as refused:
        services.create(SupportCase, values, actor=cast.rikke, context=ChangeContext(Channel.BROWSER))
    assert refused.value.message_dict[path] == ["Only support staff can set this."]
    assert not SupportCase.objects.filter(name="Ingen lyd").exists()


@pytest.fixture
def create_case(cast, client):
    """`create_case(**values)` returns the case created through the reseller's form."""
    client.force_login(cast.rikke)
    page = reverse("supportdesk:supportcase_new")
    sent = form_data(record_form(client.get(page).content)) | {
        "name": "Ingen lyd",
        "customer": cast.resold.pk,
    }

    def send(**values):
        assert client.post(page, sent | values).status_code == 302
        return SupportCase.objects.get(name="Ingen lyd")

    send.sent = sent
    return send


def test_the_form_of_a_reseller_omits_support_properties(create_case):
    sent = set(create_case.sent)
    assert {"name", "description", "device", "private_information", "comments-0-comment"} <= sent
    assert not sent & {
        "employee",
        "employee_name",
        "response_answer",
        "solved",
        "number",
        "comments-0-employee",
    }
    case = create_case(
        response_answer="We pay",
        employee_name="Sven",
        **{"comments-0-comment": "x", "comments-0-is_support": "true"},
    )
    assert (case.response_answer, case.employee_name, case.comments[0]["is_support"]) == ("", "Rikke", False)


def test_a_reseller_comments_in_its_own_name(cast, create_case):
    case = create_case(**{"comments-0-comment": "Haster", "private_information": "+45 8888 9977"})
    (comment,) = case.comments
    assert (case.employee_id, case.employee_name, case.private_information) == (
        cast.rikke.pk, "Rikke", "+45 8888 9977",
    )  # fmt: skip
    assert (comment["employee"], comment["employee_name"], comment["is_support"]) == (
        cast.rikke.pk, "Rikke", False,
    )  # fmt: skip
