"""The demo data as users see it, loaded at any time: fresh, without repetition, and in each company's language."""

import re
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from backoffice.people.models import Company, Contact, Customer, User
from backoffice.records.history.versions import plain_state
from backoffice.records.models import History
from backoffice.workplace.models import CannedAnswer
from facility.models import Article, Complaint, CustomerObject
from supportdesk.models import SupportCase
from tests.support.clock import clock_set_to
from tests.support.rollback import rolled_back

MOMENTS = {
    "Monday morning": "2026-11-30 06:10",
    "Sunday night": "2026-11-29 23:50",
    "Tuesday at noon": "2026-12-01 12:30",
    "29 February": "2028-02-29 11:20",
    "31 December": "2026-12-31 18:05",
    "the day on which summer time begins": "2027-03-28 08:00",
    "the day on which summer time ends": "2026-10-25 20:00",
}
DAY = timedelta(days=1)
LISTS = {
    "alice": ("complaints", "objects", "customers", "contacts", "articles", "canned-answers"),
    "sven": ("cases", "customers"),
    "rikke": ("cases",),
    "vera": ("complaints", "objects", "cases"),
    "charlie": ("complaints", "objects", "customers", "contacts", "articles"),
    "emma": ("complaints", "objects", "cases", "customers", "contacts"),
}
ADMIN_LISTS = ("facility/complaint", "facility/customerobject", "supportdesk/supportcase", "people/customer",
               "people/contact", "people/user")  # fmt: skip
MODELS = (User, Customer, Contact, CannedAnswer, Article, CustomerObject, Complaint, SupportCase)
LETTERS = {"da": set("æøåÆØÅ"), "de": set("äöüÄÖÜ"), "en": set()}
WORDS = {
    "da": {"og", "ikke", "til", "på", "af", "det", "har", "er", "vi", "som"},
    "de": {"und", "nicht", "ist", "auf", "mit", "die", "das", "wir", "bitte", "sie"},
    "en": {"the", "and", "with", "please", "of", "is", "are", "has", "this", "we"},
}
SHARED = {"da": {"die"}, "de": {"er", "die", "og"}, "en": {"die"}}
"""Words of another language that exist in this one (OG: Obergeschoss)."""


MONDAY = pytest.param("Monday morning", marks=[pytest.mark.deep, pytest.mark.measured])
on_any_day = pytest.mark.parametrize("loaded_at", [MONDAY], indirect=True)
"""For what does not depend on the time of loading."""


@pytest.fixture(
    scope="module",
    params=[MONDAY, *(pytest.param(name, marks=pytest.mark.deep) for name in list(MOMENTS)[1:])],
)
def loaded_at(request, django_db_setup, django_db_blocker):
    """The time at which the demo data was loaded. The clock stands still."""
    moment = datetime.fromisoformat(MOMENTS[request.param]).replace(tzinfo=ZoneInfo("Europe/Copenhagen"))
    with (
        django_db_blocker.unblock(),
        rolled_back(),
        clock_set_to(moment.astimezone(ZoneInfo("UTC"))) as now,
    ):
        call_command("demo", "--password", "moth-lantern-cobble", verbosity=0)
        yield now


@pytest.fixture
def open_page(loaded_at, db):
    """`open_page(username, path)`: the page in English, as the user sees it."""
    clients = {}

    def open_page(username: str, path: str) -> BeautifulSoup:
        if username not in clients:
            clients[username] = Client(headers={"accept-language": "en"})
            clients[username].force_login(User.objects.get(username=username))
        answer = clients[username].get(path)
        assert answer.status_code == 200, path
        return BeautifulSoup(answer.content.decode(), "html.parser")

    return open_page


def texts(page, selector: str) -> list[str]:
    return [" ".join(found.get_text(" ").split()) for found in page.select(selector)]


def times(part) -> list[datetime]:
    return [datetime.fromisoformat(found["datetime"]) for found in part.select("time[datetime]")]


def repeated(found: list[str]) -> list[str]:
    return [text for text, count in Counter(found).items() if count > 1]


def pages_of_list(open_page, username, slug):
    """Yield all pages of a list."""
    for number in range(1, 20):
        page = open_page(username, f"/{slug}?page={number}")
        yield page
        if not page.select_one(f'a[href*="page={number + 1}"]'):
            return


def test_nothing_older_than_a_day_is_shown_as_new(loaded_at, open_page):
    new = 0
    for username in ("alice", "vera", "charlie", "emma"):
        for page in pages_of_list(open_page, username, "complaints"):
            for row in page.select("tbody tr"):
                if "New" in texts(row, ".state"):
                    new += 1
                    (created,) = times(row.select_one(".col-created_at"))
                    assert loaded_at - DAY <= created <= loaded_at, row["id"]
    assert new >= 10
    rows = open_page("admin", "/admin/facility/complaint/?all=").select("#result_list tbody tr")
    states = Counter(texts(row, ".field-complaint_status")[0] for row in rows)
    assert states["New"] >= 8
    for row in rows:
        if texts(row, ".field-complaint_status") == ["New"]:
            created = Complaint.objects.get(pk=row.select_one("input")["value"]).created_at
            assert loaded_at - DAY <= created, row
    for case in SupportCase.objects.filter(response_date=None):
        assert loaded_at - DAY <= case.date


def test_home_pages_call_nothing_new_that_is_older_than_a_day(loaded_at, open_page):
    for username in (*LISTS, "admin"):
        home = open_page(username, "/")
        new = home.select(".news-list .news-record")
        assert new or username == "rikke"  # the newest cases are her own
        assert all(loaded_at - DAY <= moment <= loaded_at for part in new for moment in times(part)), username
        for part in home.select(".queue-part"):
            if "state=new" in (address := part.select_one("h3 a")["href"]) or "answered=no" in address:
                assert part.select("li"), username
                assert all(loaded_at - DAY <= moment for moment in times(part)), username


@on_any_day
def test_no_two_rows_of_a_list_have_the_same_text(open_page):
    seen = 0
    for username, slugs in LISTS.items():
        for slug in slugs:
            for page in pages_of_list(open_page, username, slug):
                found = texts(page, "tbody td.subject > a:first-child") or texts(page, "tbody tr")
                assert found, (username, slug)
                seen += len(found)
                assert repeated(found) == [], (username, slug)
    assert seen > 500
    for name in ADMIN_LISTS:
        page = open_page("admin", f"/admin/{name}/")
        assert (
            repeated(texts(page, "#result_list tbody .field-__str__, #result_list tbody .field-name")) == []
        )
    for username in LISTS:
        for part in open_page(username, "/").select(".queue-part, .news-list"):
            assert repeated(texts(part, ".queue-name, .news-record > a")) == []


@on_any_day
@pytest.mark.parametrize(
    "model, slug", [(Complaint, "complaints"), (SupportCase, "cases"), (CustomerObject, "objects")]
)
def test_no_text_is_repeated_on_a_record_page(model, slug, loaded_at, open_page):
    users = {
        user.company_id: user.username
        for user in User.objects.filter(username__in=["admin", "charlie", "emma"])
    }
    entries = 0
    for record in model.objects.all():
        username = users[record.company_id]
        if username == "charlie" and model is SupportCase:
            continue
        page = open_page(username, f"/{slug}/{record.pk}")
        history = texts(page, "#timeline .timeline > li")
        assert history, record.pk
        entries += len(history)
        for found in (history, texts(page, "#thread .timeline-text-body"), texts(page, ".panel-items a")):
            assert repeated(found) == [], record.pk
        assert max(times(page)) <= loaded_at
    assert entries > 60


@on_any_day
def test_no_text_of_a_company_is_used_twice(loaded_at, db):
    for company in Company.objects.all():
        written = []
        for complaint in Complaint.objects.filter(company=company):
            written += [complaint.desc, complaint.comment, complaint.response]
        for place in CustomerObject.objects.filter(company=company):
            written += [place.name, place.description, place.order_description]
        for case in SupportCase.objects.filter(company=company):
            written += [case.name, case.description, case.response_answer, case.private_information]
            written += [comment["comment"] for comment in case.comments]
        people = [str(contact) for contact in Contact.objects.filter(company=company)]
        reporters = [complaint.contact_name for complaint in Complaint.objects.filter(company=company)]
        assert repeated(list(filter(None, written))) == []
        assert repeated(people) == repeated(reporters) == []


def test_all_times_fit(loaded_at, db):
    for model in MODELS:
        for record in model.objects.all():
            assert record.created_at <= record.last_modified_at <= loaded_at, record
            planned = {"contract_end_date": None}
            for text in words_of(plain_state(record) | planned):
                if re.match(r"\d{4}-\d\d-\d\dT", text):
                    assert datetime.fromisoformat(text) <= loaded_at, (record, text)
    assert CustomerObject.objects.filter(contract_end_date__gt=loaded_at).count() > 5
    assert CustomerObject.objects.filter(contract_end_date__lt=loaded_at).exists()
    for complaint in Complaint.objects.exclude(finished_at=None):
        assert complaint.created_at < complaint.assigned_date < complaint.finished_at, complaint
    for case in SupportCase.objects.all():
        dates = [case.date, *(comment["date"] for comment in case.comments)]
        dates += [case.response_date] if case.response_date else []
        assert dates == sorted(set(dates)), case
        assert case.date == case.created_at


def test_staff_work_in_working_hours(loaded_at, db):
    staff = User.objects.filter(customer=None).exclude(username__endswith="portal")
    rows = History.objects.filter(user_id__in=[user.pk for user in staff])
    assert rows.count() > 400
    for row in rows:
        local = timezone.localtime(row.at)
        assert (local.weekday() < 5, 7 <= local.hour < 17) == (True, True), (row.record_name, local)


def test_there_are_early_and_late_records(loaded_at, db):
    ages = [loaded_at - complaint.created_at for complaint in Complaint.objects.all()]
    for least, most in ((0, 1), (1, 7), (7, 30), (30, 90), (90, 365)):
        assert sum(least * DAY < age <= most * DAY for age in ages) > 5, (least, most)
    assert any(age < timedelta(hours=1) for age in ages)
    late = Complaint.objects.filter(complaint_status="assigned", created_at__lt=loaded_at - 14 * DAY)
    assert late.count() > 5
    cases = SupportCase.objects.all()
    assert cases.filter(solved=True).count() > 30
    assert cases.filter(solved=False).exclude(response_date=None).count() > 8
    assert cases.filter(response_date=None).count() > 4


def words_of(value) -> list[str]:
    """Return the texts in a value."""
    if isinstance(value, dict):
        return [text for each in (*value, *value.values()) for text in words_of(each)]
    if isinstance(value, list):
        return [text for each in value for text in words_of(each)]
    return [value] if isinstance(value, str) and "://" not in value and "@" not in value else []


@on_any_day
def test_the_texts_of_a_company_are_in_its_language(loaded_at, db):
    companies = {company.language: company for company in Company.objects.all()}
    assert set(companies) == set(LETTERS)
    for language, company in companies.items():
        found = []
        for model in MODELS:
            names = set(model.properties) - {"password", "roles", "device", "username"}
            for record in model.objects.filter(company=company):
                found += words_of(
                    {name: value for name, value in plain_state(record).items() if name in names}
                )
        text = "\n".join(found)
        for other in LETTERS:
            if other != language:
                assert not set(text) & (LETTERS[other] - LETTERS[language]), (language, other)
                foreign = WORDS[other] - SHARED[language]
                used = foreign & set(re.findall(r"\w+", text.lower()))
                assert not used, (language, other)
        assert "ß" not in text
        assert LETTERS[language] & set(text) or language == "en"


def test_loading_on_another_day_adds_only_what_is_missing(loaded_at, db):
    before = {model: set(model.objects.values_list("pk", flat=True)) for model in MODELS}
    gone = Complaint.objects.get(desc__startswith="Der står vand ud af loftet")
    with rolled_back(), clock_set_to(loaded_at + 9 * DAY) as later:
        Complaint.objects.filter(pk=gone.pk).delete()
        call_command("demo", verbosity=0)
        assert {model: set(model.objects.values_list("pk", flat=True)) for model in MODELS} == before
        assert later - DAY < Complaint.objects.get(pk=gone.pk).created_at < later
