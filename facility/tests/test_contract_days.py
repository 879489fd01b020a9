"""The days of a contract mean the same through every channel: it begins with its first day, and ends with its last."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from facility.models import CustomerObject

pytestmark = pytest.mark.django_db
FIRST, LAST = "2025-12-31T23:00:00Z", "2026-06-30T21:59:59.999Z"
"""The beginning of 1 January and the end of 30 June in Copenhagen."""
DAYS = {"contract_start_date": "2026-01-01", "contract_end_date": "2026-06-30"}


@pytest.fixture
def json_client(cast, key_of):
    return ApiClient(key_of(cast.ada))


def contract_of(client, place) -> dict:
    return client.get(f"/v2/objects/{place.pk}").json()["contract"]


def send_form(client: Client, address: str, values: dict) -> None:
    data = form_data(record_form(client.get(address).content))
    assert client.post(address, data | values).status_code == 302


def send_in_bulk(client: Client, place) -> None:
    bulk_edit = client.post("/objects/bulk", {"chosen": [place.pk]})["Location"]
    client.post(bulk_edit, {"set": list(DAYS), **DAYS})
    client.post(f"{bulk_edit}/start")
    call_command("run_jobs", stdout=StringIO())


def send_in_code(place) -> None:
    services.update(place, DAYS, actor=Installation(), context=ChangeContext(Channel.COMMAND))


@pytest.mark.parametrize("channel", ["browser", "admin", "bulk", "code"])
def test_a_day_is_stored_as_its_beginning_or_its_end(channel, cast, records, as_user, json_client):
    ada, place = as_user(cast.ada), records.object
    if channel == "code":
        send_in_code(place)
    elif channel == "bulk":
        send_in_bulk(ada, place)
    elif channel == "admin":
        send_form(ada, f"/admin/facility/customerobject/{place.pk}/change/", DAYS)
    else:
        send_form(ada, f"/objects/{place.pk}", DAYS)
    assert contract_of(json_client, place) == {"startDate": FIRST, "endDate": LAST}


@pytest.mark.parametrize("channel", ["json", "import"])
def test_an_instant_is_stored_as_it_was_sent(channel, cast, records, as_user, json_client, tmp_path):
    """As the documented system does. A form shows its day, and keeps the instant unless the day is changed."""
    contract = {"startDate": "2023-11-07T05:31:56Z", "endDate": "2023-11-08T05:31:56Z"}
    if channel == "json":
        assert (
            json_client.patch(f"/v2/objects/{records.object.pk}", {"contract": contract}).status_code == 200
        )
    else:
        file = tmp_path / "objects.json"
        file.write_text(json.dumps([{"_id": records.object.pk, "contract": contract}]))
        call_command("import_documents", "objects", str(file))
    assert contract_of(json_client, records.object) == contract
    ada, address = as_user(cast.ada), f"/objects/{records.object.pk}"
    data = form_data(record_form(ada.get(address).content))
    assert (data["contract_start_date"], data["contract_end_date"]) == ("7 Nov 2023", "8 Nov 2023")
    send_form(ada, address, {"name": "Kælderen"})
    assert contract_of(json_client, records.object) == contract
    send_form(ada, address, {"contract_end_date": "9 Nov 2023"})
    assert contract_of(json_client, records.object) == contract | {"endDate": "2023-11-09T22:59:59.999Z"}
    assert CustomerObject.objects.get(pk=records.object.pk).name == "Kælderen"


def test_a_day_without_a_time_is_refused_in_json(records, json_client):
    sent = json_client.patch(f"/v2/objects/{records.object.pk}", {"contract": {"endDate": "2026-06-30"}})
    assert sent.status_code == 400
    assert sent.json()["errors"][0]["field"] == "contract.endDate"
