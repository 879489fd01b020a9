"""Tests of earlier versions and undo in the browser."""

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from facility.models import Complaint

BY_BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def complaint(cast, records):
    """Create a complaint with three versions."""
    second = services.update(
        records.complaint, {"priority": 3, "tags": ["lamp"]}, actor=cast.alice, context=BY_BROWSER
    ).record
    return services.update(second, {"desc": "Lampen virker igen"}, actor=cast.ada, context=BY_BROWSER).record


def browser_of(user):
    client = Client()
    client.force_login(user)
    return client


def version_url(record, name, version):
    return reverse(f"facility:complaint_{name}", args=[record.pk, version])


@pytest.mark.slow
def test_an_earlier_version_is_shown(cast, complaint):
    text = BeautifulSoup(
        browser_of(cast.vera).get(version_url(complaint, "then", 1)).content, "lxml"
    ).get_text(" ", strip=True)
    assert "Lampen er gået" in text
    assert "Lampen virker igen" not in text
    assert "Low" in text
    second = browser_of(cast.vera).get(version_url(complaint, "then", 2)).content.decode()
    assert "High" in second
    assert "lamp" in second
    assert version_url(complaint, "then", 1) in second
    assert version_url(complaint, "then", 3) in second
    assert browser_of(cast.vera).get(version_url(complaint, "then", 4)).status_code == 404
    assert browser_of(cast.charlie).get(version_url(complaint, "then", 1)).status_code == 404
    assert browser_of(cast.sven).get(version_url(complaint, "then", 1)).status_code == 403


def test_a_huge_version_number_gets_404(cast, complaint):
    assert browser_of(cast.vera).get(version_url(complaint, "then", 10**30)).status_code == 404


def test_earlier_versions_show_no_secrets(cast, records):
    changed = services.update(
        records.object, {"security_code": "4711-marker"}, actor=cast.alice, context=BY_BROWSER
    ).record
    changed = services.update(changed, {"name": "Andet"}, actor=cast.alice, context=BY_BROWSER).record
    page = browser_of(cast.alice).get(reverse("facility:customerobject_then", args=[changed.pk, 2]))
    assert "4711-marker" not in page.content.decode()
    case = services.update(records.case, {"name": "Nyt"}, actor=cast.sven, context=BY_BROWSER).record
    earlier_url = reverse("supportdesk:supportcase_then", args=[case.pk, 1])
    assert "private-marker" not in browser_of(cast.sven).get(earlier_url).content.decode()


@pytest.mark.slow
def test_undo_starts_from_the_timeline(cast, complaint):
    alice = browser_of(cast.alice)
    page = BeautifulSoup(alice.get(reverse("facility:complaint_record", args=[complaint.pk])).content, "lxml")
    ways = {form["action"] for form in page.select(".timeline form")}
    assert ways == {version_url(complaint, "undo", 2), version_url(complaint, "undo", 3)}
    answer = alice.post(version_url(complaint, "undo", 2), follow=True).content.decode()
    assert "Change undone." in answer
    assert "undid a change" in answer
    saved = Complaint.objects.get(pk=complaint.pk)
    assert (saved.priority, saved.tags, saved.desc, saved.version) == (1, [], "Lampen virker igen", 4)
    assert (
        "already been undone" in alice.post(version_url(complaint, "undo", 2), follow=True).content.decode()
    )
    assert History.objects.filter(record_id=complaint.pk).count() == 4


def test_undo_skips_properties_changed_since(cast, complaint):
    later = services.update(complaint, {"priority": 2}, actor=cast.ada, context=BY_BROWSER).record
    answer = browser_of(cast.alice).post(version_url(later, "undo", 2), follow=True).content.decode()
    assert "Ada has changed priority again since" in answer
    assert Complaint.objects.get(pk=later.pk).version == 4


def test_undo_requires_the_permission_to_change(cast, complaint):
    for user, status in ((cast.vera, 403), (cast.sven, 403), (cast.charlie, 404)):
        assert browser_of(user).post(version_url(complaint, "undo", 2)).status_code == status
    assert browser_of(cast.alice).post(version_url(complaint, "undo", 1)).status_code == 403
    assert (
        browser_of(cast.alice).get(version_url(complaint, "undo", 2))["Location"]
        == f"/complaints/{complaint.pk}"
    )
    assert (
        "Undo"
        not in browser_of(cast.vera)
        .get(reverse("facility:complaint_record", args=[complaint.pk]))
        .content.decode()
    )


def test_the_history_names_no_other_companies_customers(cast, records):
    other = CustomerFactory(company=cast.company, name="Another reseller's customer")
    moved = services.update(records.case, {"customer": other.pk}, actor=cast.sven, context=BY_BROWSER).record
    back = services.update(moved, {"customer": cast.resold.pk}, actor=cast.sven, context=BY_BROWSER).record
    address = reverse("supportdesk:supportcase_record", args=[back.pk])
    timeline = BeautifulSoup(browser_of(cast.rikke).get(address).content, "lxml").select_one(".timeline")
    assert "Sven" in timeline.get_text()
    assert "no access" in timeline.get_text()
