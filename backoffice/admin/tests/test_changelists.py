"""Invalid filters of admin lists show no rows and an error message."""

import pytest
from bs4 import BeautifulSoup

from backoffice.admin.tests.pages import admin_url
from backoffice.records.tests.parameters import select_daily
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory

LISTS = [
    (Complaint, "priority__exact=9"),
    (Complaint, "complaint_status__exact=opne"),
    (Complaint, "status__exact=abc"),
    (Complaint, "status__exact=3"),
    (Complaint, "user__id__exact={stranger}"),
    (Complaint, "user__id__exact=123"),
    (CustomerObject, "customer__id__exact={stranger}"),
    (CustomerObject, "object_manager__id__exact=" + "f" * 24),
    (Complaint, "q=" + "a+" * 150),
]


@pytest.mark.parametrize(("model", "query"), select_daily(LISTS, LISTS[0], LISTS[2], LISTS[6]))
def test_an_invalid_filter_lists_nothing_and_shows_an_error(model, query, cast, records, client):
    client.force_login(cast.ada)
    url = admin_url(model, "")
    ComplaintFactory(company=cast.company, object=records.object.pk)
    assert BeautifulSoup(client.get(url).content, "lxml").select("#result_list tbody tr")
    page = BeautifulSoup(
        client.get(f"{url}?{query.format(stranger=cast.charlie.pk)}", follow=True).content, "lxml"
    )
    assert page.select("#result_list tbody tr") == []
    assert page.select_one(".messagelist .error").get_text(strip=True)


def test_actions_change_nothing_with_an_invalid_filter(cast, records, client):
    client.force_login(cast.ada)
    sent = {"action": "archive", "select_across": "1", "_selected_action": records.complaint.pk, "index": "0"}
    client.post(f"{admin_url(Complaint, '')}?priority__exact=9", sent)
    assert Complaint.objects.get(pk=records.complaint.pk).status == records.complaint.status


@pytest.mark.parametrize(
    "query", ["priority__exact=1", "status__exact=1", "complaint_status__exact=new", "q=lampen"]
)
def test_a_valid_filter_lists_its_records(query, cast, records, client):
    client.force_login(cast.ada)
    page = BeautifulSoup(client.get(f"{admin_url(Complaint, '')}?{query}").content, "lxml")
    assert page.select("#result_list tbody tr")
