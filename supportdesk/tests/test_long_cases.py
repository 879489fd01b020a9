"""Cases on which much was said."""

import pytest
from django.urls import reverse

from backoffice.forms.tests.pages import as_sent, record_form
from backoffice.records.actors import Door, Via
from backoffice.records.change import change
from supportdesk.models import SupportCase


@pytest.mark.deep  # a page of thousands of fields takes seconds
def test_a_case_with_hundreds_of_comments_can_still_be_saved(cast, records, client):
    said = [{"id": records.case.comments[0]["id"]}, *({"comment": f"Svar {n}"} for n in range(350))]
    change(records.case, {"comments": said}, actor=cast.sven, via=Via(Door.BROWSER), base=1)
    client.force_login(cast.sven)
    page = reverse("supportdesk:supportcase_record", args=[records.case.pk])
    sent = as_sent(record_form(client.get(page).content))
    assert client.post(page, sent | {"name": "Nyt emne"}).status_code == 302
    kept = SupportCase.objects.get(pk=records.case.pk)
    assert (kept.name, len(kept.comments)) == ("Nyt emne", 351)
