"""Cases with many comments."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from supportdesk.models import SupportCase


@pytest.mark.deep  # a page with thousands of fields takes seconds
def test_a_case_with_hundreds_of_comments_can_still_be_saved(cast, records, client):
    added = [{"id": records.case.comments[0]["id"]}, *({"comment": f"Svar {n}"} for n in range(350))]
    services.update(
        records.case, {"comments": added}, actor=cast.sven, context=ChangeContext(Channel.BROWSER), base=1
    )
    client.force_login(cast.sven)
    page = reverse("supportdesk:supportcase_record", args=[records.case.pk])
    sent = form_data(record_form(client.get(page).content))
    assert client.post(page, sent | {"name": "Nyt emne"}).status_code == 302
    kept = SupportCase.objects.get(pk=records.case.pk)
    assert (kept.name, len(kept.comments)) == ("Nyt emne", 351)


def test_many_comments_take_as_many_queries_as_few(cast, records, key_of):
    """Either new comments with files, or removal of all."""
    sven, counts = ApiClient(key_of(cast.sven)), []
    address = f"/iptv/supportcase/{records.case.pk}"
    answer = sven.get(address)
    for many in (2, 30):
        files = [{"url": "https://image.example.dk/1.jpeg", "type": "IMAGE"}]
        added = [{"comment": f"Svar {nth}", "files": files} for nth in range(many)]
        for comments in ([], added, []):
            with CaptureQueriesContext(connection) as captured:
                answer = sven.post(address, {"comments": comments}, if_match=answer["ETag"])
            assert len(answer.json()["comments"]) == len(comments)
            counts.append(len(captured))
    assert counts[1:3] == counts[4:]
