"""Invalid filters of admin lists show no rows and an error message."""

import re

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin

from backoffice.admin.tests.pages import admin_url
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import log_secret_access
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


RAW = re.compile(r"\b[a-z]+\.[a-z]+\b|\b[0-9a-f]{24}\b|\b[a-z]+:(read|write)\b")


def test_lists_and_titles_show_words(cast, records, client):
    """No list, heading or breadcrumb shows an id, the name of a model or the number of a status."""
    reader = ChangeContext(Channel.BROWSER)
    place = services.update(records.object, {"key": "x"}, actor=cast.alice, context=reader).record
    log_secret_access([place], cast.alice, reader)
    ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    client.force_login(cast.root)
    tried = 0
    for model in admin.site._registry:
        rows = model._default_manager.all()
        pages = [admin_url(model, ""), *(admin_url(row) for row in rows[:1])]
        for url in pages:
            page = BeautifulSoup(client.get(url).content, "lxml")
            shown = page.select("#result_list tbody :is(td, th), #content > :is(h1, h2), .breadcrumbs")
            texts = [
                " ".join(each.get_text(" ").split()) for each in shown if not re.search("@|://", each.text)
            ]
            assert not [text for text in texts if RAW.search(text)], url
            for cell in page.select("#result_list :is(.field-status, .field-status_label, .field-state)"):
                assert not cell.get_text(strip=True).isdigit(), url
            tried += 1
    assert tried > 30
