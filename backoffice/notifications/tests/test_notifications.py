"""Who is notified of what, by the bell and by e-mail."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.test import Client, TestCase

from backoffice.api.tests.clients import ApiClient
from backoffice.jobs.models import QueuedJob
from backoffice.jobs.runner import run_due
from backoffice.notifications.models import Notification
from backoffice.notifications.services import purge_notifications
from backoffice.people.models import User
from backoffice.people.roles import VIEWER
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import now
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
BROWSER = ChangeContext(Channel.BROWSER)


def update(record, actor, action="change", **values):
    present = type(record).objects.get(pk=record.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return services.update(present, values, actor=actor, context=BROWSER, action=action)


def browser(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def read_bell(user) -> str:
    page = BeautifulSoup(browser(user).get("/").content, "lxml")
    count = page.select_one(".bell-count")
    return count.find(string=True).strip() if count else ""


def read_list(user) -> list[str]:
    page = BeautifulSoup(browser(user).get("/notifications").content, "lxml")
    return [item.p.get_text(" ", strip=True) for item in page.select(".notification-list li")]


def send_mails() -> list:
    """Have the mails sent that wait for two minutes. Return all that were sent."""
    QueuedJob.objects.update(due_at=now() - timedelta(seconds=1))
    run_due()
    return mail.outbox


@pytest.fixture
def complaint(cast, records):
    return ComplaintFactory(company=cast.company, object=records.object.pk, desc="The lamp is dead")


def test_the_manager_of_the_object_hears_of_a_new_complaint(cast, records):
    update(records.object, cast.ada, object_manager=cast.alice.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        values = {"object": records.object.pk, "desc": "The gate squeaks"}
        complaint = services.create(Complaint, values, actor=cast.ada, context=BROWSER).record
    assert read_list(cast.alice)[0].startswith(f"Ada reported this {complaint.number} · The gate squeaks")
    place = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk)
    other = update(complaint, cast.ada, object=place.pk).record
    update(other, cast.ada, object=records.object.pk)
    assert len(read_list(cast.alice)) == 1


def test_an_assignee_is_notified_by_bell_and_mail(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    assert read_bell(cast.alice) == "1"
    (line,) = read_list(cast.alice)
    assert line.startswith(f"Ada assigned this to you {complaint.number} · The lamp is dead")
    assert mail.outbox == []
    (message,) = send_mails()
    assert message.to == ["alice@example.com"]
    assert str(complaint.number) in message.subject
    assert f"/complaints/{complaint.pk}" in message.body
    assert "lamp" not in message.body + message.subject
    assert re.fullmatch(r"<[0-9a-f]{24}@.*>", message.message()["References"])


def test_nobody_is_told_of_their_own_acts(cast, complaint):
    update(complaint, cast.alice, user=cast.alice.pk)
    update(complaint, cast.alice, comment="@alice note to self")
    assert read_list(cast.alice) == []
    assert send_mails() == []


def test_five_changes_in_two_minutes_are_one(cast, complaint):
    update(complaint, cast.alice, user=cast.alice.pk)
    for number in range(5):
        update(complaint, cast.ada, response=f"Reply {number}")
    (line,) = read_list(cast.alice)
    assert line.startswith("Ada replied to the customer and 4 more")
    assert read_bell(cast.alice) == "1"
    Notification.objects.update(created_at=now() - timedelta(minutes=3))
    update(complaint, cast.ada, response="Later")
    assert len(read_list(cast.alice)) == 2


def test_a_mention_notifies_colleagues_who_may_see_the_record(cast, complaint):
    update(complaint, cast.ada, comment="Ask @alice, or @charlie. Not mail@vera or @nobody.")
    assert read_list(cast.alice)[0].startswith("Ada mentioned you")
    assert read_list(cast.charlie) == read_list(cast.vera) == []
    update(complaint, cast.ada, comment="And @vera, too.")
    assert len(read_list(cast.alice)) == 1
    assert read_list(cast.vera)[0].startswith("Ada mentioned you")


def test_followers_are_told_until_they_stop(cast, complaint):
    vera = browser(cast.vera)
    address = f"/complaints/{complaint.pk}"
    assert "Follow" in vera.get(address).content.decode()
    assert vera.post(f"{address}/follow", {"follow": "1"}).status_code == 302
    assert "Stop following" in vera.get(address).content.decode()
    update(complaint, cast.ada, action="finish")
    assert read_list(cast.vera)[0].startswith("Ada finished this")
    vera.post(f"{address}/follow", {"follow": "0"})
    update(complaint, cast.ada, action="reopen")
    assert len(read_list(cast.vera)) == 1


def test_an_assignee_may_stop_following(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    browser(cast.alice).post(f"/complaints/{complaint.pk}/follow", {"follow": "0"})
    update(complaint, cast.ada, action="finish")
    assert len(read_list(cast.alice)) == 1
    update(complaint, cast.ada, user=None)
    update(complaint, cast.ada, user=cast.alice.pk)
    assert read_bell(cast.alice) == "1"  # being assigned counts anyway, to the first one


def test_another_company_is_never_told(cast, complaint):
    stranger = browser(cast.charlie)
    assert stranger.post(f"/complaints/{complaint.pk}/follow", {"follow": "1"}).status_code == 404
    update(complaint, cast.ada, action="finish")
    assert read_list(cast.charlie) == []


def test_rights_are_checked_when_shown_and_when_mailed(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    assert len(read_list(cast.alice)) == 1
    services.update(
        User.objects.get(pk=cast.alice.pk),
        {"roles": []},
        actor=Installation(cast.company.pk),
        context=BROWSER,
    )
    alice = User.objects.get(pk=cast.alice.pk)
    assert read_list(alice) == []
    assert send_mails() == []


def test_a_reseller_hears_of_her_case_without_what_is_hidden_from_her(cast, records):
    case = SupportCase.objects.get(pk=records.case.pk)
    SupportCase._base_manager.filter(pk=case.pk).update(employee=cast.rikke.pk, customer=cast.resold.pk)
    update(case, cast.sven, private_information="Secret @rikke")
    update(case, cast.sven, response_answer="Try again")
    update(case, cast.sven, solved=True)
    rikke = User.objects.get(pk=cast.rikke.pk)
    lines = read_list(rikke)
    assert [line.partition(" " + str(case.number))[0] for line in lines if "note" not in line] == [
        "Support solved this",
        "Support replied to the customer",
        "Support mentioned you",  # the reporter sees the note
    ]
    assert "Sven" not in " ".join(lines)
    text = "".join(message.body + message.subject for message in send_mails())
    assert "Sven" not in text and "Secret" not in text


def test_the_assignee_of_a_case_is_notified_too(cast, records):
    case = records.case
    update(case, cast.ada, assignee=cast.sven.pk)
    update(case, cast.ada, private_information="Call back")
    update(case, cast.ada, private_information="Call back, @ada and @vera")
    assert read_list(cast.vera) == []  # may not see the note
    noted, assigned = read_list(cast.sven)
    assert noted.startswith("Ada added an internal note and 1 more")
    assert assigned.startswith("Ada assigned this to you")


def test_what_users_choose_decides(cast, complaint):
    alice = browser(cast.alice)
    page = BeautifulSoup(alice.get("/account/preferences").content, "lxml")
    chosen = {
        select["name"]: select.select_one("option[selected]")["value"]
        for select in page.select("#notifications select")
    }
    assert chosen["event-assigned"] == "mail" and chosen["event-replied"] == "bell"
    sent = {"theme": "system", "density": "comfortable", "language": "en"}
    assert (
        alice.post(
            "/account/preferences", {**sent, "event-assigned": "off", "event-finished": "mail"}
        ).status_code
        == 302
    )
    update(complaint, cast.ada, user=cast.alice.pk)
    assert read_list(cast.alice) == []
    update(complaint, cast.ada, action="finish")
    assert len(read_list(cast.alice)) == 1
    assert [message.to for message in send_mails()] == [["alice@example.com"]]
    invalid = alice.post("/account/preferences", {**sent, "event-assigned": "loudly"})
    assert invalid.status_code == 200 and "Select a valid choice" in invalid.content.decode()


def test_a_notification_that_was_read_is_not_mailed(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    alice = browser(cast.alice)
    page = alice.get(f"/complaints/{complaint.pk}").content.decode()
    assert "data-mark-read" in page  # a script marks them
    assert alice.post(f"/complaints/{complaint.pk}/follow", {"seen": "1"}).status_code == 204
    assert read_bell(cast.alice) == ""
    assert send_mails() == []
    assert "data-mark-read" not in alice.get(f"/complaints/{complaint.pk}").content.decode()


def test_notifications_are_marked_as_read_one_by_one_or_all_and_only_ones_own(cast, records):
    for number in range(3):
        made = ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"Lamp {number}")
        update(made, cast.ada, user=cast.alice.pk)
    alice, vera = browser(cast.alice), browser(cast.vera)
    first = Notification.objects.filter(user_id=cast.alice.pk).first()
    vera.post("/notifications", {"read": first.pk})
    vera.post("/notifications", {"all": "1"})
    assert read_bell(cast.alice) == "3"
    alice.post("/notifications", {"read": [first.pk, "nonsense"]})
    assert read_bell(cast.alice) == "2"
    alice.post("/notifications", {"all": "1"})
    assert read_bell(cast.alice) == ""
    assert len(read_list(cast.alice)) == 3


def test_long_lists_have_pages(cast, complaint):
    Notification.objects.bulk_create(
        Notification(
            user_id=cast.alice.pk,
            company_id=cast.company.pk,
            event="finished",
            record_type="facility.complaint",
            record_id=complaint.pk,
            version=1,
            created_at=now() - timedelta(minutes=number),
        )
        for number in range(120)
    )
    alice, seen, address = browser(cast.alice), 0, "/notifications"
    while address:
        page = BeautifulSoup(alice.get(address).content, "lxml")
        seen += len(page.select(".notification-list li"))
        older = page.find("a", string="Show older ones")
        address = f"/notifications{older['href']}" if older else ""
    assert seen == 120
    assert read_bell(cast.alice) == "99+"
    assert alice.get("/notifications?before=nonsense").status_code == 200


@pytest.mark.parametrize("how", ["import", "command"])
def test_imports_and_commands_notify_nobody(how, cast, records):
    made = ComplaintFactory(company=cast.company, object=records.object.pk)
    with TestCase.captureOnCommitCallbacks(execute=True):
        services.update(
            made,
            {"user": cast.alice.pk},
            actor=Installation(cast.company.pk),
            context=ChangeContext(Channel.COMMAND),
        )
    assert read_list(cast.alice) == []


def test_changes_dated_in_the_past_notify_nobody(cast, records):
    """Demo data are dated in the past."""
    values = {"desc": "Old", "object": records.object.pk, "user": cast.alice.pk}
    past = now() - timedelta(days=2)
    services.create(Complaint, values, actor=cast.ada, context=BROWSER, at=past)
    assert not QueuedJob.objects.exists()
    services.create(Complaint, values, actor=cast.ada, context=BROWSER)
    assert QueuedJob.objects.exists()


def test_a_note_with_the_text_of_the_last_one_notifies_too(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    message = {"text": "Still waiting for @alice"}
    for _time in range(2):
        present = type(complaint).objects.get(pk=complaint.pk)
        known = [{"id": each["id"]} for each in present.notes]
        update(complaint, cast.ada, notes=[*known, message])
    assert read_list(cast.alice)[0].startswith("Ada mentioned you and 1 more")


def test_scripts_notify_as_people_do(cast, complaint, key_of):
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = ApiClient(key_of(cast.ada)).patch(
            f"/v2/complaints/{complaint.pk}", {"userId": cast.alice.pk}
        )
    assert answer.status_code == 200
    assert len(read_list(cast.alice)) == 1


def test_a_deleted_record_leaves_no_notification_on_the_page(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    services.delete(type(complaint).objects.get(pk=complaint.pk), actor=cast.ada, context=BROWSER)
    assert read_list(cast.alice) == []
    assert send_mails() == []


def test_viewers_are_told_nothing_of_inactive_accounts(cast, complaint):
    browser(cast.vera).post(f"/complaints/{complaint.pk}/follow", {"follow": "1"})
    User._base_manager.filter(pk=cast.vera.pk).update(is_active=False)
    update(complaint, cast.ada, action="finish")
    assert not Notification.objects.filter(user_id=cast.vera.pk).exists()
    assert VIEWER in User.properties["roles"].load([cast.vera.pk])[cast.vera.pk]


def test_old_notifications_are_deleted(cast, complaint):
    update(complaint, cast.ada, user=cast.alice.pk)
    purge_notifications(None)
    assert Notification.objects.count() == 1
    Notification.objects.update(created_at=now() - timedelta(days=181))
    purge_notifications(None)
    assert Notification.objects.count() == 0
