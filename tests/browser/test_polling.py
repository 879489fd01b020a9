"""Open pages ask what is new, in a real Chromium: they say so, and leave the focus and the input alone."""

import pytest
from playwright.sync_api import expect

from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory
from tests.support.browser import TURN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BROWSER = ChangeContext(Channel.BROWSER)
STATE = "/notifications/state"


def change(record, actor, **values) -> None:
    with TURN:
        present = Complaint._base_manager.get(pk=record.pk)
        services.update(present, values, actor=User.objects.get(pk=actor.pk), context=BROWSER)


def wait(person, seconds: int = 30) -> None:
    """Let time pass in the browser until it has asked."""
    with person.page.expect_response(lambda response: STATE in response.url):
        person.page.clock.fast_forward(seconds * 1000)
    person.settle()


@pytest.fixture
def complaint(cast, records):
    return ComplaintFactory(company=cast.company, object=records.object.pk, desc="The lamp is dead")


def open_page(visitor, user, address: str):
    person = visitor()
    person.page.clock.install()
    person.sign_in(user).page.goto(address)
    return person


def test_a_record_page_says_what_a_colleague_changed_and_keeps_focus_and_input(visitor, cast, complaint):
    alice = open_page(visitor, cast.alice, f"/complaints/{complaint.pk}")
    page = alice.page
    news = page.locator(".page-news")
    expect(news).to_have_attribute("role", "status")
    wait(alice)
    expect(news).to_be_empty()
    page.locator("#id_contact_name").fill("Typed by Alice")
    page.locator("#say-comment").fill("Half a note")
    change(complaint, cast.ada, priority=3)
    wait(alice)
    expect(news).to_contain_text("Ada changed priority (")
    expect(page.locator("#say-comment")).to_be_focused()
    expect(page.locator("#say-comment")).to_have_value("Half a note")
    expect(page.locator("#id_contact_name")).to_have_value("Typed by Alice")
    alice.look()
    page.get_by_role("button", name="Save", exact=True).click()  # the merge keeps both changes
    expect(page.get_by_text("Both changes were kept")).to_be_visible()
    present = Complaint.objects.get(pk=complaint.pk)
    assert (present.contact_name, present.priority) == ("Typed by Alice", 3)
    expect(news).to_be_empty()


def test_the_link_reloads_the_list_with_the_new_ones(visitor, cast, complaint):
    alice = open_page(visitor, cast.alice, "/complaints?priority=4")
    page = alice.page
    with TURN:
        for priority in (1, 4):
            ComplaintFactory(
                company=cast.company, object=complaint.object_id, priority=priority, desc="Sparks"
            )
    wait(alice)
    expect(page.locator(".page-news")).to_contain_text("1 new in this list")
    expect(page.locator("#list")).not_to_contain_text("Sparks")
    alice.look()
    alice.follow(page.locator(".page-news").get_by_role("link", name="Show"))
    assert page.url.endswith("/complaints?priority=4")
    expect(page.locator("#list")).to_contain_text("Sparks")
    expect(page.locator(".page-news")).to_be_empty()


def test_the_bell_counts_and_announces_politely(visitor, cast, complaint):
    alice = open_page(visitor, cast.alice, "/objects")
    page = alice.page
    expect(page.locator(".bell-count")).to_be_hidden()
    change(complaint, cast.ada, user=cast.alice.pk)
    wait(alice)
    expect(page.locator(".bell-count")).to_have_text("1 unread")
    expect(page.locator("[aria-live=polite][aria-atomic=true] .bell-count")).to_be_attached()
    alice.look()


def test_asking_stops_when_the_session_ends_and_waits_after_errors(visitor, cast):
    alice = open_page(visitor, cast.alice, "/objects")
    page, asked = alice.page, []
    page.on("request", lambda request: asked.append(request.url) if STATE in request.url else None)
    page.route(f"**{STATE}*", lambda route: route.abort())
    for _attempt in range(40):
        page.clock.fast_forward(30_000)  # twenty minutes
        page.wait_for_timeout(20)
    assert 4 <= len(asked) <= 8  # 25, 50, 100, 200, 400 and 600 seconds apart
    alice.problems.clear()  # the browser reports each
    page.unroute(f"**{STATE}*")
    page.clock.fast_forward(700_000)
    page.wait_for_timeout(200)
    alice.settle()
    alice.context.clear_cookies()
    wait(alice)
    count = len(asked)
    for _attempt in range(10):
        page.clock.fast_forward(700_000)
        page.wait_for_timeout(20)
    assert len(asked) == count


def test_a_hidden_tab_asks_less_often(visitor, cast):
    alice = open_page(visitor, cast.alice, "/objects")
    page, asked = alice.page, []
    page.on("request", lambda request: asked.append(request.url) if STATE in request.url else None)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", { get: () => window.isHidden, configurable: true });
            window.isHidden = true;
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.clock.fast_forward(150_000)
    page.wait_for_timeout(100)
    assert asked == []
    page.evaluate("() => { window.isHidden = false; document.dispatchEvent(new Event('visibilitychange')); }")
    with page.expect_response(lambda response: STATE in response.url):
        page.clock.fast_forward(10)  # it asks at once when it is looked at again
    alice.settle()
