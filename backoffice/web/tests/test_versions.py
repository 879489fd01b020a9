"""Tests of earlier versions and undo in the browser."""

from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
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
        browser_of(cast.vera).get(version_url(complaint, "version", 1)).content, "lxml"
    ).get_text(" ", strip=True)
    assert "Lampen er gået" in text
    assert "Lampen virker igen" not in text
    assert "Low" in text
    second = browser_of(cast.vera).get(version_url(complaint, "version", 2)).content.decode()
    assert "High" in second
    assert "lamp" in second
    assert version_url(complaint, "version", 1) in second
    assert version_url(complaint, "version", 3) in second
    assert browser_of(cast.vera).get(version_url(complaint, "version", 4)).status_code == 404
    assert browser_of(cast.charlie).get(version_url(complaint, "version", 1)).status_code == 404
    assert browser_of(cast.sven).get(version_url(complaint, "version", 1)).status_code == 403


def test_an_earlier_version_cannot_be_edited(cast, complaint):
    browser, url = browser_of(cast.alice), version_url(complaint, "version", 1)
    page = BeautifulSoup(browser.get(url).content, "lxml")
    assert "It cannot be edited." in page.get_text()
    assert page.select("main [name=desc], main [name=priority]") == []
    assert browser.post(url, {"desc": "Changed"}).status_code == 405
    assert Complaint.objects.get(pk=complaint.pk).version == complaint.version


def test_a_huge_version_number_gets_404(cast, complaint):
    assert browser_of(cast.vera).get(version_url(complaint, "version", 10**30)).status_code == 404


def test_earlier_versions_show_no_secrets(cast, records):
    changed = services.update(
        records.object, {"security_code": "4711-marker"}, actor=cast.alice, context=BY_BROWSER
    ).record
    changed = services.update(changed, {"name": "Andet"}, actor=cast.alice, context=BY_BROWSER).record
    page = browser_of(cast.alice).get(reverse("facility:customerobject_version", args=[changed.pk, 2]))
    assert "4711-marker" not in page.content.decode()
    case = services.update(records.case, {"name": "Nyt"}, actor=cast.sven, context=BY_BROWSER).record
    earlier_url = reverse("supportdesk:supportcase_version", args=[case.pk, 1])
    assert "private-marker" not in browser_of(cast.sven).get(earlier_url).content.decode()


@pytest.mark.slow
def test_undo_starts_from_the_timeline(cast, complaint):
    alice = browser_of(cast.alice)
    page = BeautifulSoup(alice.get(reverse("facility:complaint_record", args=[complaint.pk])).content, "lxml")
    ways = {form["action"] for form in page.select(".timeline form")}
    assert ways == {version_url(complaint, "undo", 2), version_url(complaint, "undo", 3)}
    answer = alice.post(version_url(complaint, "undo", 2), follow=True).content.decode()
    assert "Undone: priority and tags." in answer
    assert "undid a change" in answer
    saved = Complaint.objects.get(pk=complaint.pk)
    assert (saved.priority, saved.tags, saved.desc, saved.version) == (1, [], "Lampen virker igen", 4)
    assert (
        "already been undone" in alice.post(version_url(complaint, "undo", 2), follow=True).content.decode()
    )
    assert History.objects.filter(record_id=complaint.pk).count() == 4


def test_undo_is_offered_only_where_it_changes_something(cast, records):
    """In the timeline and on the page of the version. A list is compared entry by entry."""
    alice = browser_of(cast.alice)

    def offered() -> set[int]:
        present = Complaint.objects.get(pk=records.complaint.pk)
        page = BeautifulSoup(alice.get(f"/complaints/{present.pk}").content, "lxml")
        ways = {form["action"] for form in page.select(".timeline form")}
        for version in range(1, present.version + 1):
            of_version = alice.get(version_url(present, "version", version)).content.decode()
            way = version_url(present, "undo", version)
            assert (way in ways) == (f'action="{way}"' in of_version)
        return {int(way.split("/")[-2]) for way in ways}

    def change(**values):
        present = Complaint.objects.get(pk=records.complaint.pk)
        services.update(present, values, actor=cast.ada, context=BY_BROWSER)

    change(priority=3, room_description="Kælderen")
    change(desc="Lampen virker igen")
    assert offered() == {2, 3}
    change(priority=4)
    assert offered() == {3, 4}  # undoing the 2nd would overwrite the 4th
    alice.post(version_url(records.complaint, "undo", 4))
    assert offered() == {2, 3, 5}  # the 4th has been undone
    change(custom_fields={"floor": 2})
    change(custom_fields={"floor": 3})
    assert offered() == {2, 3, 5, 7}
    for version in (7, 5, 3):  # what is offered is not refused
        answer = alice.post(version_url(records.complaint, "undo", version), follow=True)
        assert "Undone: " in answer.content.decode()


def test_undo_skips_properties_changed_since(cast, complaint):
    later = services.update(complaint, {"priority": 2}, actor=cast.ada, context=BY_BROWSER).record
    answer = browser_of(cast.alice).post(version_url(later, "undo", 2), follow=True).content.decode()
    assert "Ada has changed priority again since" in answer
    assert Complaint.objects.get(pk=later.pk).version == 4


def test_extra_fields_are_shown_by_name(cast, records):
    """In a version, in the history and to users who may not edit."""
    fields = {"seen": {"by": ["Ada"]}, "floor": 2, "source": "QR code"}  # PostgreSQL orders names by length
    changed = services.update(
        records.complaint, {"custom_fields": fields}, actor=cast.ada, context=BY_BROWSER
    ).record
    for user, path in ((cast.alice, "/versions/2"), (cast.vera, "")):
        page = BeautifulSoup(browser_of(user).get(f"/complaints/{changed.pk}{path}").content, "lxml")
        entries = [item.get_text(strip=True) for item in page.select(".value-list li")]
        assert entries == ['seen: {"by": ["Ada"]}', "floor: 2", "source: QR code"]
        history = page.select_one(".version-change ins, .timeline ins").get_text()
        assert history == 'seen: {"by": ["Ada"]}, floor: 2, source: QR code'


@pytest.mark.parametrize(
    ("language", "shown"),
    [("en", "command line"), ("da", "kommandolinje"), ("de", "Kommandozeile")],
)
def test_the_command_line_is_an_author_in_the_readers_language(language, shown, cast, records):
    """By itself, and as the name of a key that a command created. The history keeps one name."""
    call_command("create_api_key", "alice", stdout=StringIO())
    key, by_api = ApiKey._base_manager.get(owner=cast.alice), ChangeContext(Channel.JSON)
    first = services.update(records.complaint, {"priority": 2}, actor=Installation(), context=by_api).record
    services.update(first, {"priority": 3}, actor=key, context=by_api)
    page = browser_of(cast.ada).get(f"/complaints/{first.pk}", headers={"accept-language": language})
    names = [item.get_text() for item in BeautifulSoup(page.content, "lxml").select(".timeline-head strong")]
    assert names[:2] == [f"Alice ({shown})", shown]
    stored = History.objects.filter(record_id=first.pk).order_by("-version").values_list("who", flat=True)
    assert list(stored[:2]) == ["Alice (command line)", "command line"]


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
    timeline = BeautifulSoup(browser_of(cast.rikke).get(address).content, "lxml").select_one("#timeline")
    assert "Sven" in timeline.get_text()
    assert "no access" in timeline.get_text()


def notes_of(page) -> str:
    note = BeautifulSoup(page.content, "lxml").select_one(".version-note")
    return " ".join(note.get_text(" ").split())


@pytest.mark.parametrize(
    ("language", "note"),
    [
        ("en", "Not kept in the history, so not shown here: door code, key."),
        ("da", "Gemmes ikke i historikken og vises derfor ikke her: dørkode, nøgle."),
        ("de", "Wird nicht im Verlauf gespeichert und fehlt deshalb hier: Türcode, Schlüssel."),
    ],
)
def test_a_version_names_what_the_history_of_this_model_does_not_keep(language, note, cast, records):
    """Only to users who may see the property at all."""
    of_object = f"/objects/{records.object.pk}/versions/1"
    headers = {"accept-language": language}
    assert note in notes_of(browser_of(cast.alice).get(of_object, headers=headers))
    assert note.partition(":")[0] not in notes_of(browser_of(cast.vera).get(of_object, headers=headers))
    of_complaint = f"/complaints/{records.complaint.pk}/versions/1"
    assert note.partition(":")[0] not in notes_of(browser_of(cast.alice).get(of_complaint, headers=headers))


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("en", "Not restored: door code and key. Enter the earlier value by hand if necessary."),
        ("da", "Ikke gendannet: dørkode og nøgle. Angiv selv den tidligere værdi, hvis det er nødvendigt."),
        ("de", "Nicht wiederhergestellt: Türcode und Schlüssel."),
    ],
)
def test_undo_names_what_it_cannot_restore(language, message, cast, records):
    values = {"name": "Kælderen", "security_code": "4711", "key": "left"}
    changed = services.update(records.object, values, actor=cast.alice, context=BY_BROWSER).record
    changed = services.update(changed, {"name": "Loftet"}, actor=cast.alice, context=BY_BROWSER).record
    headers, address = {"accept-language": language}, f"/objects/{changed.pk}/versions"
    alice = browser_of(cast.alice)
    text = alice.post(f"{address}/3/undo", follow=True, headers=headers).content.decode()
    assert message.partition(":")[0] not in text
    text = alice.post(f"{address}/2/undo", follow=True, headers=headers).content.decode()
    assert message in text
    found = type(changed).objects.get(pk=changed.pk)
    assert (found.name, found.security_code, found.key) == ("Rådhuset", "4711", "left")
