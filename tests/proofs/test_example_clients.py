"""The example clients in `docs/api`, run against a server."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from backoffice.records.history import history_of
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory
from supportdesk.models import SupportCase
from supportdesk.tests.factories import SupportCaseFactory

CLIENTS = Path(settings.BASE_DIR) / "docs/api"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def run(client: str, *arguments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, CLIENTS / client, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def lines_of_code(client: str) -> int:
    code = (CLIENTS / client).read_text().split('"""')[2]
    return len([line for line in code.splitlines() if line.strip() and not line.startswith("import")])


@pytest.mark.parametrize("client", ["facility_client.py", "support_desk_client.py"])
def test_example_clients_have_at_most_ten_lines(client):
    assert lines_of_code(client) <= 10


def test_the_facility_example_works(live_server, cast, records, key_of):
    urgent = ComplaintFactory(company=cast.company, object=records.object.pk, priority=4)
    output = run("facility_client.py", live_server.url, key_of(cast.alice))
    assert output == [f"{records.complaint.number} 200 2", f"{urgent.number} 200 4"]
    assert Complaint.objects.get(pk=records.complaint.pk).priority == 2
    assert history_of(urgent).count() == 1


def test_the_support_desk_example_works(live_server, cast, records, key_of):
    answered = SupportCaseFactory(
        company=cast.company, name="Ingen lyd", customer=cast.resold.pk, response_answer="Genstart boksen"
    )
    output = run("support_desk_client.py", live_server.url, key_of(cast.sven))
    assert output == ["Ingen lyd 200 True"]
    assert SupportCase.objects.get(pk=answered.pk).solved is True
    assert SupportCase.objects.get(pk=records.case.pk).solved is False
