"""What open pages ask for: unread notifications, new records of a list, and what colleagues changed in a record."""

import re
import time
from datetime import timedelta
from html import unescape

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client, TestCase

from backoffice.accounts.models import UserSession
from backoffice.accounts.sessions import RENEWED
from backoffice.api.transport import ratelimit
from backoffice.lists.models import ListChoice
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import SecretReading
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from tests.support.clock import clock_set_to

pytestmark = pytest.mark.django_db
BROWSER = ChangeContext(Channel.BROWSER)


STATE = "/notifications/state"


def update(record, actor, **values):
    present = type(record)._base_manager.get(pk=record.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return services.update(present, values, actor=actor, context=BROWSER)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def open_page(client, address: str) -> str:
    """Open a page, and return the address that it asks from then on."""
    page = client.get(address)
    assert page.status_code == 200
    query = BeautifulSoup(page.content, "lxml").select_one("[data-state-query]")["data-state-query"]
    return f"{STATE}?{query}"


def ask(client, address: str) -> dict:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.json()


@pytest.fixture
def complaint(cast, records):
    return ComplaintFactory(company=cast.company, object=records.object.pk, desc="The lamp is dead")


def test_the_bell_counts_what_came_since(cast, complaint):
    alice = browser(cast.alice)
    assert ask(alice, STATE) == {"unread": "", "news": []}
    update(complaint, cast.ada, user=cast.alice.pk)
    assert ask(alice, STATE) == {"unread": "1", "news": []}


def test_an_unchanged_state_is_not_sent_again(cast, complaint):
    alice = browser(cast.alice)
    for address in (STATE, open_page(alice, "/complaints"), open_page(alice, f"/complaints/{complaint.pk}")):
        first = alice.get(address)
        again = alice.get(address, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        other = browser(cast.vera).get(address, headers={"If-None-Match": first["ETag"]})
        assert other.status_code == 200  # an ETag is worth nothing to others
    update(complaint, cast.ada, user=cast.alice.pk)
    assert alice.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_record_page_hears_what_colleagues_changed(cast, complaint):
    alice = browser(cast.alice)
    address = open_page(alice, f"/complaints/{complaint.pk}")
    assert ask(alice, address)["news"] == []
    update(complaint, cast.alice, priority=2)
    assert ask(alice, address)["news"] == []  # her own
    update(complaint, cast.ada, priority=3, contact_name="Kim")
    (line,) = ask(alice, address)["news"]
    assert re.fullmatch(r"Ada changed name and priority \(\d+ \w+ \d{4}, \d\d:\d\d\)", line), line
    update(complaint, cast.ada, comment="Only for staff")
    newest, _older = ask(alice, address)["news"]
    assert newest.startswith("Ada added an internal note (")
    for number in range(4):
        update(complaint, cast.ada, desc=f"Lamp {number}")
    assert len(ask(alice, address)["news"]) == 4
    assert ask(alice, address)["news"][-1] == "…"
    assert ask(alice, open_page(alice, f"/complaints/{complaint.pk}"))["news"] == []


def test_changes_of_hidden_properties_are_left_out(cast, records):
    place = records.object
    vera, alice = browser(cast.vera), browser(cast.alice)
    address = open_page(vera, f"/objects/{place.pk}")
    update(place, cast.ada, security_code="4711")
    assert ask(vera, address)["news"] == []
    (line,) = ask(alice, address)["news"]
    assert line.startswith("Ada changed door code") and "4711" not in line
    update(place, cast.ada, security_code="4712", rating=3)
    (line,) = ask(vera, address)["news"]
    assert line.startswith("Ada changed quality rating (")


def test_people_from_outside_do_not_learn_when_staff_work(cast, records):
    case = SupportCase.objects.get(pk=records.case.pk)
    SupportCase._base_manager.filter(pk=case.pk).update(employee=cast.rikke.pk, customer=cast.resold.pk)
    rikke = browser(cast.rikke)
    address = open_page(rikke, f"/cases/{case.pk}")
    first = rikke.get(address)
    update(case, cast.sven, description="Changed by staff", private_information="Secret")
    assert first.json() == ask(rikke, address)
    assert rikke.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_list_counts_the_new_records_that_match_its_filters(cast, records):
    alice = browser(cast.alice)
    everything, urgent = open_page(alice, "/complaints"), open_page(alice, "/complaints?priority=4")
    assert ask(alice, everything)["news"] == ask(alice, urgent)["news"] == []
    made = [
        ComplaintFactory(company=cast.company, object=records.object.pk, priority=priority)
        for priority in (1, 4)
    ]
    assert ask(alice, everything)["news"] == ["2 new in this list"]
    first = alice.get(urgent)
    assert first.json()["news"] == ["1 new in this list"]
    update(made[0], cast.ada, priority=4)
    changed = alice.get(urgent, headers={"If-None-Match": first["ETag"]})
    assert changed.json()["news"] == ["2 new in this list"]
    assert ask(alice, open_page(alice, "/complaints"))["news"] == []


def test_a_list_counts_no_record_that_the_user_may_not_see(cast, records):
    charlie, rikke = browser(cast.charlie), browser(cast.rikke)
    theirs, cases = open_page(charlie, "/complaints"), open_page(rikke, "/cases")
    ComplaintFactory(company=cast.company, object=records.object.pk)
    services.create(SupportCase, {"name": "New"}, actor=cast.sven, context=BROWSER)
    assert ask(charlie, theirs)["news"] == ask(rikke, cases)["news"] == []


def test_each_kind_of_record_can_be_asked_about(cast, records):
    root = browser(cast.root)
    for slug in ("complaints", "objects", "articles", "cases", "customers", "contacts", "users", "api-keys"):
        page = root.get(f"/{slug}?view=all")
        query = re.search(rb'data-state-query="([^"]+)"', page.content)[1].decode()
        assert ask(root, f"{STATE}?{unescape(query)}")["news"] == []


@pytest.mark.parametrize(
    "query, status, name",
    [
        ("model=nonsense&list=", 400, "model"),
        ("model=people.company&list=", 400, "model"),
        ("model=facility.complaint&list=&since=-1", 400, "since"),
        ("model=facility.complaint&list=&since=999999999999999", 400, "since"),
        ("model=facility.complaint&list=%00", 400, "list"),
        ("model=facility.complaint&list=&since=%C2%B2", 400, "since"),
        ("model=facility.complaint&record=%00&version=1", 400, "record"),
        ("model=facility.complaint&record=1&version=1", 404, ""),
        ("model=facility.complaint&record=5f0000000000000000000000&version=x", 400, "version"),
        ("model=facility.complaint&record=5f0000000000000000000000&version=1", 404, ""),
        ("model=supportdesk.supportcase&list=&since=1", 403, ""),
    ],
)
def test_bad_questions_are_refused_by_name(query, status, name, cast):
    response = browser(cast.alice).get(f"{STATE}?{query}")
    assert response.status_code == status
    assert not name or list(response.json()["errors"]) == [name]


def test_a_list_with_an_invalid_filter_counts_nothing(cast, records):
    alice = browser(cast.alice)
    for query in ("priority=loud", "nonsense=1", "q=" + "x" * 5000):
        ComplaintFactory(company=cast.company, object=records.object.pk)
        answer = alice.get(STATE, {"model": "facility.complaint", "since": "1", "list": query})
        assert (answer.status_code, answer.json()["news"]) == (200, [])


def test_another_companys_record_does_not_exist(cast, complaint):
    address = f"{STATE}?model=facility.complaint&record={complaint.pk}&version=1"
    assert browser(cast.charlie).get(address).status_code == 404
    assert browser(cast.alice).get(address).status_code == 200


def test_asking_is_no_use_of_the_session(cast, complaint):
    """A page that asks for itself would otherwise keep a session open that nobody uses."""
    alice = browser(cast.alice)
    session = alice.session
    session[RENEWED] = int(time.time()) - 2 * 86400
    session.save()
    address = open_page(browser(cast.alice), f"/complaints/{complaint.pk}")
    before = UserSession.objects.filter(user_id=cast.alice.pk).order_by("pk").values()
    rows, visits, readings = list(before), list(ListChoice.objects.values()), SecretReading.objects.count()
    for asked in (STATE, address):
        response = alice.get(asked)
        assert response.status_code == 200 and not response.cookies
    assert list(before.all()) == rows
    assert (list(ListChoice.objects.values()), SecretReading.objects.count()) == (visits, readings)
    alice.get("/account")
    assert list(before.all()) != rows  # a page that she opens renews the session


def test_an_expired_session_ends_it(cast):
    alice = browser(cast.alice)
    assert alice.get(STATE).status_code == 200
    expires = UserSession.objects.get(user_id=cast.alice.pk).expire_date
    with clock_set_to(expires - timedelta(minutes=1)):
        assert alice.get(STATE).status_code == 200
    with clock_set_to(expires + timedelta(minutes=1)):
        assert alice.get(STATE).status_code == 302


def test_it_ends_with_the_session_and_with_the_account(cast):
    alice, ada = browser(cast.alice), browser(cast.ada)
    alice.post("/sign-out")
    assert alice.get(STATE).status_code == 302
    User._base_manager.filter(pk=cast.ada.pk).update(is_active=False)
    assert ada.get(STATE).status_code == 302


def test_asking_too_often_is_refused(cast, settings):
    ratelimit._counters.cache_clear()
    settings.RATE_LIMIT_PAGES = "120/minute"
    alice = browser(cast.alice)
    statuses = {alice.get(STATE).status_code for _time in range(125)}
    assert statuses == {200, 429}
    refused = alice.get(STATE)
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert browser(cast.vera).get(STATE).status_code == 200


def test_a_deleted_record_is_not_found(cast, complaint):
    alice = browser(cast.alice)
    address = open_page(alice, f"/complaints/{complaint.pk}")
    services.delete(
        Complaint.objects.get(pk=complaint.pk), actor=Installation(cast.company.pk), context=BROWSER
    )
    assert alice.get(address).status_code == 404


def test_an_unchanged_state_takes_few_queries(cast, complaint, django_assert_max_num_queries):
    """Two for the session and the user, three for the rights, one for the bell, one for the page."""
    alice = browser(cast.alice)
    most = 8 if connection.vendor == "mongodb" else 7  # it has no joins for the rights
    for page in ("/complaints", f"/complaints/{complaint.pk}"):
        address = open_page(alice, page)
        etag = alice.get(address)["ETag"]
        with django_assert_max_num_queries(most):
            assert alice.get(address, headers={"If-None-Match": etag}).status_code == 304
