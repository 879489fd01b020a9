"""What users see of an app with guarded properties, days, choices and child rows.
(`tests/proofs/test_guarded_app.py` runs this in a copy of the source tree that has `tests/support/permits`.)"""

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import end_of_day
from backoffice.records.history import format_day
from tests.support.derived_records import make_record

pytestmark = pytest.mark.django_db
Permit = apps.get_model("permits", "Permit")
YESTERDAY = timezone.localdate() - timedelta(days=1)


@pytest.fixture
def permit(cast):
    return make_record(Permit, cast.company, valid_until=end_of_day(YESTERDAY), pin="4711", zones=["north"])


def text_of(response) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(BeautifulSoup(response.content, "lxml").get_text(" ").split())


def test_the_list_shows_days_choices_and_booleans(cast, permit, as_user):
    row = text_of(as_user(cast.vera).get("/permits")).partition("Sample 1")[2]
    assert format_day(permit.valid_until) in row and "Resident" in row and " no" in row
    assert "ago" not in row.partition(format_day(permit.valid_until))[0]
    file = b"".join(as_user(cast.vera).get("/permits/export?format=plain-csv").streaming_content).decode()
    headings, values = csv.reader(StringIO(file))
    assert values[headings.index("Valid until")] == YESTERDAY.isoformat()
    assert not {"Gate PIN", "Remark", "Zones"} & set(headings)


def test_the_list_is_sorted_by_what_an_index_has_in_order(cast, permit, as_user):
    page = BeautifulSoup(as_user(cast.vera).get("/permits").content, "lxml")
    headings = {th.get_text(strip=True): bool(th.a) for th in page.select("thead th")}
    assert headings["Kind"] and headings["Valid until"] and not headings["Plate"]


@pytest.mark.parametrize(
    ("language", "labels"),
    [("en", (": from", ": to")), ("da", (": fra", ": til")), ("de", (": von", ": bis"))],
)
def test_filters_of_days_have_unambiguous_labels(language, labels, cast, permit, as_user):
    page = text_of(as_user(cast.vera).get("/permits", headers={"accept-language": language}))
    assert all(f"Valid until{label}" in page for label in labels)


def test_the_guard_holds_on_every_channel(cast, permit, as_user, key_of, tmp_path):
    """Alice may change permits, but not see their PINs; Ada may do both."""
    headers = {"x-api-key": key_of(cast.alice)}
    address = f"/v2/permits/{permit.pk}"
    client = Client(headers=headers)
    assert "pin" not in client.get(address).json()
    sent = client.patch(address, {"pin": "1"}, content_type="application/json")
    assert sent.status_code == 403
    assert "Gate PIN" not in text_of(as_user(cast.alice).get(f"/permits/{permit.pk}"))
    assert "Show gate PIN" in text_of(as_user(cast.ada).get(f"/permits/{permit.pk}"))
    file = tmp_path / "permits.json"
    file.write_text(json.dumps([{"_id": permit.pk, "pin": "1"}]))
    with pytest.raises(CommandError):
        call_command("import_documents", "permits", str(file), "--as", "alice", stdout=StringIO())
    call_command("import_documents", "permits", str(file), "--as", "ada", stdout=StringIO())
    assert Permit.objects.get(pk=permit.pk).pin == "1"


def test_versions_and_undo_name_what_the_history_does_not_keep(cast, permit, as_user):
    values = {"plate": "XY 98", "pin": "42", "reason": "moved"}
    services.update(permit, values, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
    version = f"/permits/{permit.pk}/versions/2"
    assert "not shown here: gate PIN, reason." in text_of(as_user(cast.ada).get(version))
    assert "Door" not in text_of(as_user(cast.ada).get(version))
    assert "not shown here" not in text_of(as_user(cast.alice).get(version))
    page = text_of(as_user(cast.alice).post(f"{version}/undo", follow=True))
    assert "Undone: " in page and "Not restored" not in page  # Alice does not know of them
    services.update(
        Permit.objects.get(pk=permit.pk),
        values | {"plate": "Z 1", "pin": "43"},
        actor=cast.ada,
        context=ChangeContext(Channel.BROWSER),
    )
    page = text_of(as_user(cast.ada).post(f"/permits/{permit.pk}/versions/4/undo", follow=True))
    assert "Not restored: gate PIN. Enter the earlier value by hand if necessary." in page


def test_admin_lists_by_choices_and_show_no_guarded_property(cast, permit, as_user):
    page = text_of(as_user(cast.ada).get("/admin/permits/permit/"))
    assert "Kind All Resident" in page and "Sample 1" in page
    assert "issuer" not in page.casefold()
    assert "Sample 1" not in text_of(as_user(cast.ada).get("/admin/permits/permit/?kind__exact=visitor"))


def test_a_pair_of_values_is_unique_in_its_company(cast, permit, as_user, key_of, tmp_path):
    """On every channel; another company may have the same."""
    other = make_record(Permit, cast.company)
    assert make_record(Permit, cast.elsewhere, plate=permit.plate).plate == permit.plate
    headers = {"x-api-key": key_of(cast.alice)}
    body = {"plate": permit.plate}
    answer = Client(headers=headers).patch(f"/v2/permits/{other.pk}", body, content_type="application/json")
    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("plate", "taken")]
    alice = as_user(cast.alice)
    form = {"plate": permit.plate, "holder": "Anna", "kind": "visitor", "valid_until": "2027-01-31"}
    page = alice.post("/permits/new", form)
    assert page.status_code == 200 and "already exists" in text_of(page)
    file = tmp_path / "permits.json"
    pair = [
        {"_id": f"{number:024x}", "plate": "TW 1N", "holder": "x", "kind": "visitor"} for number in (1, 2)
    ]
    for documents in (
        [{"_id": other.pk} | body],
        [one | {"validUntil": "2027-01-31T12:00:00Z"} for one in pair],
    ):
        file.write_text(json.dumps(documents))
        for dry in ([], ["--dry-run"]):
            report = StringIO()
            with pytest.raises(CommandError):
                call_command("import_documents", "permits", str(file), "--as", "ada", *dry, stdout=report)
            assert "plate" in report.getvalue() and "UNIQUE" not in report.getvalue()
    assert Permit.objects.filter(plate=permit.plate, company=cast.company).count() == 1


def test_a_user_reference_shows_the_name_and_offers_colleagues_who_may(cast, permit, as_user):
    services.update(
        permit, {"inspector": cast.sven.pk}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    )
    services.update(cast.sven, {"last_name": "Bak"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER))
    row = text_of(as_user(cast.vera).get("/permits")).partition("Sample 1")[2]
    assert "Sven Bak" in row
    offered = as_user(cast.alice).get("/permits/new").content.decode()
    assert cast.alice.pk in offered and cast.vera.pk not in offered and cast.rikke.pk not in offered


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "This field cannot be blank."), ("da", "må ikke være tomt"), ("de", "darf nicht leer sein")],
)
def test_a_row_without_a_required_value_says_so(language, words, cast, as_user):
    form = {
        "plate": "CD 34",
        "holder": "Anna",
        "kind": "visitor",
        "valid_until": "2027-01-31",
        "payments-TOTAL_FORMS": 1,
        "payments-INITIAL_FORMS": 0,
        "payments-0-amount": 5,
        "payments-0-paid_on": "",
    }
    page = as_user(cast.alice).post("/permits/new", form, headers={"accept-language": language})
    rows = BeautifulSoup(page.content, "lxml").select_one("#id_payments-0-paid_on").parent
    assert words in rows.get_text(" ", strip=True)
