"""Tests of parsing input: invalid input is an error at its field, and unedited fields keep their values."""

import pytest
from django.utils import timezone

from backoffice.admin.tests.pages import admin_url
from backoffice.forms.tests.pages import form_data, open_form, record_form, soup
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from backoffice.records.tests.parameters import select_daily
from facility.models import CustomerObject

BY_API = ChangeContext(Channel.JSON)


@pytest.fixture
def building(cast, records):
    values = {
        "contract_start_date": "2026-05-01T08:00:00.123Z",
        "contract_end_date": "2027-04-30T22:30:00Z",
        "rating": 3.5,
        "location_latitude": 55.66935,
        "location_longitude": 12.5,
        "material": [{"article": records.article.pk, "budget": 4.5}],
    }
    return services.update(records.object, values, actor=cast.alice, context=BY_API).record


HALF_TYPED = [
    ("contract_start_date", "03"),
    ("contract_start_date", "15.3"),
    ("contract_start_date", "30.2.2026"),
    ("contract_start_date", "31.04.2026"),
    ("contract_end_date", "2026-13-01"),
    ("contract_end_date", "15.03.26"),
    ("contract_end_date", "tomorrow"),
    ("rating", "4-"),
    ("rating", "four"),
    ("rating", "1e"),
    ("location_latitude", "55.66.9"),
    ("location_longitude", "12°"),
    ("number", "7,5"),
    ("number", "12a"),
    ("material-0-budget", "2;5"),
    ("material-0-budget", "1.2.3"),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "typed"),
    select_daily(
        HALF_TYPED, ("contract_start_date", "30.2.2026"), ("rating", "4-"), ("material-0-budget", "1.2.3")
    ),
)
def test_invalid_input_is_an_error_at_its_field(name, typed, cast, building, client):
    """On the record page and in admin, with and without a previous value."""
    client.force_login(cast.ada)
    for url in (f"/objects/{building.pk}", admin_url(building)):
        answer = client.post(url, open_form(client, url) | {name: typed, "contact_fax": "1234"})
        assert answer.status_code == 200
        page = soup(answer)
        assert page.select_one(f"#id_{name}")["value"] == typed
        shown = page.select_one(f"#id_{name}_error, #error_1_id_{name}, .field-{name} .errorlist")
        assert shown.get_text(strip=True)
    saved = CustomerObject.objects.get(pk=building.pk)
    assert (saved.version, saved.contact_fax) == (building.version, "")


@pytest.mark.slow
def test_invalid_input_creates_no_record(cast, records, client):
    client.force_login(cast.alice)
    for typed in ({"contract_start_date": "03"}, {"rating": "4-"}, {"location_latitude": "x"}):
        sent = open_form(client, "/objects/new") | {
            "address_street": "Gade 1",
            "customer": records.object.customer_id,
        }
        answer = client.post("/objects/new", sent | typed)
        assert answer.status_code == 200, typed
        assert soup(answer).select_one(".error-summary a")["href"] == f"#id_{next(iter(typed))}"


def test_invalid_input_is_refused_in_a_bulk_edit(cast, building, client):
    client.force_login(cast.alice)
    job = client.post("/objects/bulk", {"chosen": [building.pk], "which": "chosen"})["Location"]
    for name, typed in (("contract_end_date", "31.4.2026"), ("rating", "4-")):
        page = soup(client.post(job, {"set": name, name: typed}))
        assert page.select_one(".has-error .filter-error").get_text(strip=True)
    assert "/preview" in client.post(job, {"set": "rating", "rating": ""})["Location"]  # emptied explicitly


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "rating", "budget", "day"),
    [("da", "2,5", "1.234,5", "1.9.2026"), ("de", "2,5", "1234,5", "01.09.2026"), ("en", "2.5", "1,234.5", "1 Sep 2026"),
     ("da", "2.5", "1234.5", "2026-09-01"), ("en", "2,5", "1234,5", "1/9/2026")],
)  # fmt: skip
def test_input_is_parsed_by_the_locale(language, rating, budget, day, cast, building, client):
    client.force_login(cast.alice)
    url, headers = f"/objects/{building.pk}", {"Accept-Language": language}
    sent = form_data(record_form(client.get(url, headers=headers).content))
    typed = {"rating": rating, "material-0-budget": budget, "contract_start_date": day}
    assert client.post(url, sent | typed, headers=headers).status_code == 302
    saved = CustomerObject.objects.get(pk=building.pk)
    assert (saved.rating, saved.material[0]["budget"]) == (2.5, 1234.5)
    assert timezone.localtime(saved.contract_start_date).isoformat() == "2026-09-01T00:00:00+02:00"
    again = form_data(record_form(client.get(url, headers=headers).content))
    point = "." if language == "en" else ","
    assert (again["rating"], again["location_latitude"]) == (f"2{point}5", f"55{point}66935")
    history = soup(client.get(url, headers=headers)).select_one(".timeline").get_text(" ")
    assert f"2{point}5" in history


@pytest.mark.slow
def test_dates_are_the_same_everywhere_and_stay_until_edited(cast, building, client):
    """The end of a contract is a date: 30 April 22:30 UTC is 1 May in Copenhagen, in form, list, print page
    and export."""
    client.force_login(cast.alice)
    url = f"/objects/{building.pk}"
    sent = open_form(client, url)
    assert (sent["contract_start_date"], sent["contract_end_date"]) == ("1 May 2026", "1 May 2027")
    spelled = {"contract_start_date": "2026-05-01", "contract_end_date": "1.5.2027"}  # the same days
    assert client.post(url, sent | spelled | {"contact_fax": "1"}).status_code == 302
    saved = CustomerObject.objects.get(pk=building.pk)
    assert saved.contract_start_date == building.contract_start_date
    assert saved.contract_end_date == building.contract_end_date
    shown = "/objects?columns=contract_start_date,contract_end_date"
    row = soup(client.get(shown)).select_one("#list tbody tr").get_text(" ")
    assert "1 May 2026" in row and "1 May 2027" in row
    sheet = soup(client.get(f"{url}/print")).get_text(" ")
    assert "1 May 2026" in sheet and "1 May 2027" in sheet and "May 2026," not in sheet
    file = b"".join(client.get(shown.replace("?", "/export?format=csv&"))).decode()
    assert "2026-05-01" in file and "2027-05-01" in file and "T08:00" not in file
    assert client.post(url, open_form(client, url) | {"contract_end_date": "30 Jun 2027"}).status_code == 302
    saved = CustomerObject.objects.get(pk=building.pk)
    assert timezone.localtime(saved.contract_end_date).isoformat() == "2027-06-30T23:59:59.999000+02:00"
    shown = soup(client.get(url)).select_one(".timeline").get_text(" ")
    assert "30 Jun 2027" in shown and "23:59" not in shown


def test_lists_show_local_midnight_as_that_date(cast, building, client):
    """(Winter and summer: 31 December 23:00 and 30 June 22:00 in UTC.)"""
    values = {"contract_start_date": "2025-12-31T23:00:00Z", "contract_end_date": "2026-06-30T22:00:00Z"}
    services.update(building, values, actor=cast.alice, context=BY_API)
    client.force_login(cast.alice)
    row = soup(client.get("/objects?columns=contract_start_date,contract_end_date")).select_one(
        "#list tbody tr"
    )
    assert "1 Jan 2026" in row.get_text(" ") and "1 Jul 2026" in row.get_text(" ")


def test_a_key_is_valid_to_the_end_of_the_entered_date(cast, client):
    client.force_login(cast.alice)
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    url = f"/api-keys/{key.pk}"
    assert client.post(url, open_form(client, url) | {"expires_at": "3 Mar"}).status_code == 200
    assert ApiKey.objects.get(pk=key.pk).expires_at is None
    assert client.post(url, open_form(client, url) | {"expires_at": "3 Mar 2099"}).status_code == 302
    saved = ApiKey.objects.get(pk=key.pk)
    assert timezone.localtime(saved.expires_at).isoformat() == "2099-03-03T23:59:59.999000+01:00"
    assert open_form(client, url)["expires_at"] == "3 Mar 2099"


def test_a_retired_choice_stays_until_it_is_removed(cast, client):
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company, scopes=["facility:read"])
    ApiKey.objects.filter(pk=key.pk).update(scopes=["facility:read", "retired:read"])
    client.force_login(cast.alice)
    url = f"/api-keys/{key.pk}"
    assert client.post(url, open_form(client, url) | {"name": "Other"}).status_code == 302
    saved = ApiKey.objects.get(pk=key.pk)
    assert (saved.name, saved.scopes) == ("Other", ["facility:read", "retired:read"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("29.3.2026 02:30", "does not exist"),
        ("25.10.2026 02:30", "02:30 +02:00 or 02:30 +01:00"),
        ("25.10.2026", "Enter a time"),
        ("25.10.2026 25:00", "between 00:00 and 23:59"),
        ("25.10.2026 1", "between 00:00 and 23:59"),
    ],
)
def test_times_that_the_clocks_skip_are_refused(typed, shown, cast, records, client):
    client.force_login(cast.sven)
    url = f"/cases/{records.case.pk}"
    answer = client.post(url, open_form(client, url) | {"response_answer": "So", "response_date": typed})
    assert answer.status_code == 200
    assert shown in soup(answer).select_one("#div_id_response_date").get_text(" ")


@pytest.mark.slow
def test_an_ambiguous_time_keeps_its_chosen_offset(cast, records, client):
    client.force_login(cast.sven)
    url = f"/cases/{records.case.pk}"
    for offset in ("+02:00", "+01:00"):
        typed = {"response_answer": "So", "response_date": f"25.10.2026 02:30 {offset}"}
        assert client.post(url, open_form(client, url) | typed).status_code == 302
        saved = type(records.case).objects.get(pk=records.case.pk)
        assert saved.response_date.isoformat() == f"2026-10-25T0{0 if offset == '+02:00' else 1}:30:00+00:00"
        assert open_form(client, url)["response_date"] == f"25 Oct 2026, 02:30 {offset}"
        version = saved.version
        client.post(url, open_form(client, url))
        assert type(records.case).objects.get(pk=records.case.pk).version == version


@pytest.mark.slow
def test_after_a_conflict_the_fields_show_the_kept_values(cast, records, client):
    """The note on another user's change of an unedited field states which value the field shows."""
    values = {
        "contract_start_date": "2026-05-01T08:00:00.123Z",
        "rating": 2,
        "description": "old",
        "contact_name": "Old",
    }
    record = services.update(records.object, values, actor=cast.alice, context=BY_API).record
    client.force_login(cast.alice)
    url = f"/objects/{record.pk}"
    sent = open_form(client, url) | {"description": "mine"}
    values = {"contract_start_date": "2026-06-02T07:00:00.456Z", "rating": 3.5, "description": "theirs",
              "contact_name": "New\nname", "status": 2, "tags": ["a", "b"]}  # fmt: skip
    record = services.update(record, values, actor=cast.ada, context=BY_API).record
    page = soup(client.post(url, sent))
    again = form_data(record_form(str(page)))
    assert (again["contract_start_date"], again["rating"], again["status"]) == ("2 Jun 2026", "3.5", "2")
    assert (again["contact_name"], again["description"]) == ("New\r\nname", "mine")
    notes = [note.get_text(" ", strip=True) for note in page.select(".conflict-note")]
    assert sum("The field now shows that value." in note for note in notes) == 4
    assert [
        note
        for note in notes
        if "tags" in note.casefold()
        and "the field still shows the value from when you opened the page" in note
    ]
    answer = client.post(url, again | {"settle-description": "mine"})
    assert answer.status_code == 302
    saved = CustomerObject.objects.get(pk=record.pk)
    assert (saved.description, saved.rating, saved.contact_name, saved.tags) == (
        "mine",
        3.5,
        "New\nname",
        ["a", "b"],
    )
    assert saved.contract_start_date == record.contract_start_date
    last = History.objects.filter(record_id=record.pk).order_by("-version").first()
    assert [entry["property"] for entry in last.changes] == ["description"]


@pytest.mark.slow
def test_a_value_shown_after_a_conflict_is_no_edit(cast, records, client):
    """Another user changes the property once more before the conflict is resolved: the latest value is kept
    without a choice."""
    record = services.update(
        records.object, {"rating": 2, "description": "old"}, actor=cast.alice, context=BY_API
    ).record
    client.force_login(cast.alice)
    url = f"/objects/{record.pk}"
    sent = open_form(client, url) | {"description": "mine"}
    record = services.update(
        record, {"rating": 3.5, "description": "theirs"}, actor=cast.ada, context=BY_API
    ).record
    again = form_data(record_form(str(soup(client.post(url, sent)))))
    record = services.update(record, {"rating": 4}, actor=cast.ada, context=BY_API).record
    assert client.post(url, again | {"settle-description": "mine"}).status_code == 302
    saved = CustomerObject.objects.get(pk=record.pk)
    assert (saved.description, saved.rating) == ("mine", 4.0)
