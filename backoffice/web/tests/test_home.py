"""Tests of the home page: the queue and the news."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.lists.models import Visit
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import now
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

OVER_JSON = ChangeContext(Channel.JSON)


class HomePage:
    def __init__(self, client, person):
        client.force_login(person)
        self.page = BeautifulSoup(client.get("/").content, "lxml")

    @property
    def queue(self) -> dict[str, list[str]]:
        """Return the record names of each part, by its heading."""
        return {
            " ".join(part.h3.get_text(" ", strip=True).split()): [
                name.get_text(strip=True) for name in part.select(".queue-name")
            ]
            for part in self.page.select(".queue-part")
        }

    @property
    def news(self) -> dict[str, list[str]]:
        return {
            item.select_one(".news-record a").get_text(strip=True): [
                " ".join(entry.get_text(" ", strip=True).split()) for entry in item.select(".news-entries li")
            ]
            for item in self.page.select(".news-list > li")
        }


@pytest.fixture
def open_home(client):
    return lambda person: HomePage(client, person)


@pytest.fixture
def waiting_complaints(cast, records):
    """Create complaints of several ages and priorities."""
    how = {"company": cast.company, "object": records.object.pk}
    for desc, values in {
        "Old low": {}, "Old critical": {"priority": 4}, "New critical": {"priority": 4},
        "Mine": {"user": cast.alice.pk}, "Mine, urgent": {"user": cast.alice.pk, "priority": 3},
        "Sven's": {"user": cast.sven.pk},
    }.items():  # fmt: skip
        ComplaintFactory(**how, desc=desc, **values)
    done = ComplaintFactory(**how, desc="Done", priority=4)
    services.update(done, {}, actor=cast.ada, context=OVER_JSON, action="finish")


def test_the_queue_is_sorted_by_priority_and_age(cast, waiting_complaints, open_home):
    assert open_home(cast.alice).queue == {
        "Assigned to me 2": ["Mine, urgent", "Mine"],
        "Unassigned 4": ["Old critical", "New critical", "Lampen er gået", "Old low"],
        "Oldest open 7": [
            "Lampen er gået",
            "Old low",
            "Old critical",
            "New critical",
            "Mine",
            "Mine, urgent",
        ],
    }


@pytest.mark.slow
def test_each_section_links_to_its_list(cast, waiting_complaints, open_home, client):
    home = open_home(cast.alice)
    links = {link.get_text(): link["href"] for link in home.page.select(".queue-part h3 a")}
    for part, names in home.queue.items():
        listed = BeautifulSoup(client.get(links[part.rpartition(" ")[0]]).content, "lxml")
        found = [cell.a.get_text(strip=True) for cell in listed.select("td.subject")]
        assert found[: len(names)] == names
        assert len(found) == int(part.rpartition(" ")[2])


@pytest.mark.slow
def test_users_see_the_queues_they_have_permission_for(cast, records, waiting_complaints, open_home):
    SupportCaseFactory(company=cast.company, name="Not hers", customer=None, employee=cast.sven.pk)
    answered = SupportCaseFactory(company=cast.company, name="Answered", employee=cast.sven.pk)
    services.update(answered, {"response_answer": "Genstart"}, actor=cast.sven, context=OVER_JSON)
    services.update(answered, {"assignee": cast.sven.pk}, actor=cast.sven, context=OVER_JSON)
    assert open_home(cast.sven).queue == {
        "Assigned to me 1": ["Answered"],
        "Unassigned 2": ["Intet billede", "Not hers"],
        "Awaiting first reply 2": ["Intet billede", "Not hers"],
        "Reported by me 3": ["Intet billede", "Not hers", "Answered"],
        "Longest without activity 3": ["Intet billede", "Not hers", "Answered"],
    }
    assert open_home(cast.rikke).queue == {
        "Awaiting first reply 1": ["Intet billede"], "Longest without activity 1": ["Intet billede"],
    }  # fmt: skip
    assert len(open_home(cast.ada).page.select(".queue-part")) == 8
    # (Vera is never assigned a complaint, and raises no case.)
    assert [part.rpartition(" ")[0] for part in open_home(cast.vera).queue] == [
        "Unassigned", "Oldest open", "Awaiting first reply", "Longest without activity",
    ]  # fmt: skip
    assert open_home(cast.charlie).queue["Unassigned 1"] == [str(records.their_complaint)]


@pytest.mark.slow
def test_the_news_list_changes_of_others_since_the_last_visit(cast, records, open_home, client):
    Visit.objects.create(
        user_id=cast.alice.pk, since=now() - timedelta(days=2), last_at=now() - timedelta(days=1)
    )
    services.update(records.complaint, {"priority": 3, "comment": "x"}, actor=cast.ada, context=OVER_JSON)
    services.update(records.object, {"security_code": "1234"}, actor=cast.root, context=OVER_JSON)
    services.update(records.case, {"solved": True}, actor=cast.sven, context=OVER_JSON)
    services.update(records.their_complaint, {"priority": 3}, actor=cast.charlie, context=OVER_JSON)
    ComplaintFactory(company=cast.company, object=records.object.pk, desc="My own")
    news = open_home(cast.alice).news
    assert news["Lampen er gået"][0] == "Ada changed this: priority, internal note"
    assert news["Rådhuset"][0] == "Root changed this: door code"
    assert "Intet billede" not in news
    assert str(records.their_complaint) not in news
    assert "Rådhuset" in open_home(cast.ada).news
    seen_by_vera = open_home(cast.vera).news.get("Rådhuset", [""])[0]
    assert "security" not in seen_by_vera
    client.force_login(cast.alice)
    assert client.post("/seen", {"seen": "1"})["Location"] == "/"
    assert open_home(cast.alice).news == {}
    assert "No one else has changed anything since." in open_home(cast.alice).page.get_text()


def test_the_news_do_not_depend_on_the_batch_size(cast, records, open_home, monkeypatch):
    for record in (records.object, records.complaint):
        services.update(record, {"status": 2}, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
    shown = open_home(cast.alice).news
    assert len(shown) > 1
    monkeypatch.setattr("backoffice.web.views.home.BATCH_SIZE", 1)
    assert list(open_home(cast.alice).news.items()) == list(shown.items())


def test_a_visit_is_recorded_when_the_user_leaves(cast, records, open_home, client):
    """GET writes nothing; the button or the script of the page records the visit."""
    client.force_login(cast.alice)
    client.get("/")
    assert not Visit.objects.exists()
    client.post("/seen")
    visit = Visit.objects.get()
    assert now() - visit.since > timedelta(days=6)
    away = now() - timedelta(hours=5)
    Visit.objects.update(last_at=away)
    client.post("/seen")
    assert Visit.objects.get().since == away
    client.post("/seen")
    assert Visit.objects.get().since == away  # still the same visit


def test_empty_sections_show_a_message(cast, open_home, records, client):
    services.update(records.complaint, {}, actor=cast.ada, context=OVER_JSON, action="finish")
    text = open_home(cast.alice).page.get_text()
    for words in ("Nothing is assigned to you.", "Everything is assigned.", "No open complaints."):
        assert words in text


def test_own_reports_are_listed_until_they_are_solved(cast, open_home, records):
    message = "None of the cases that you reported is open."
    values = {"name": "Ingen lyd", "customer": cast.resold.pk}
    own = services.create(SupportCase, values, actor=cast.ada, context=OVER_JSON).record
    assert message not in open_home(cast.ada).page.get_text()
    services.update(own, {"solved": True}, actor=cast.sven, context=OVER_JSON)
    page = open_home(cast.ada).page.get_text()
    assert message in page
    assert "All cases are solved." not in page


@pytest.mark.slow
def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(
    cast, records, waiting_complaints, client
):
    def queries():
        client.force_login(cast.ada)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/").status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(12):
        ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"N {number}", user=cast.ada.pk)
        SupportCaseFactory(company=cast.company, name=f"N {number}", employee=cast.ada.pk)
    assert queries() <= few + 8  # parts of the queue that are full need a query for their count
    assert queries() < 50
