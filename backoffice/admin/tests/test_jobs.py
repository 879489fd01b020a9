"""The admin page of background jobs."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission

from backoffice.jobs.models import QueuedJob
from backoffice.people.models import User
from backoffice.records.fields import now

pytestmark = pytest.mark.django_db
URL = "/admin/jobs/queuedjob/"


@pytest.fixture
def jobs(cast):
    """One job in each state, one of another company, and one of no company."""

    def make(kind, company, **values):
        params = {"delivery": "f" * 24}  # of a mail that was deleted
        job = QueuedJob(kind=kind, company_id=company and company.pk, params=params, **values)
        job.key = job.pk
        job.save(force_insert=True)
        return job

    later = now() + timedelta(hours=1)
    return {
        "waiting": make("accounts.notice", cast.company, due_at=later, attempts=2, reason="TimeoutError"),
        "in progress": make("bulk.edit", cast.company, due_at=later, worker="abc"),
        "given up": make("facility.finished", cast.company, state="given up", reason="SMTPDataError 554"),
        "elsewhere": make("accounts.notice", cast.elsewhere, state="given up"),
        "nobody's": make("bulk.purge", None),
    }


def read_rows(response) -> list[list[str]]:
    page = BeautifulSoup(response.content, "lxml")
    rows = page.select("#result_list tbody tr")
    return [[cell.get_text(strip=True) for cell in row.select("th, td")[1:5]] for row in rows]


def test_administrators_see_the_jobs_of_their_company(cast, jobs, client):
    client.force_login(cast.ada)
    assert sorted(row[:3] for row in read_rows(client.get(URL))) == [
        ["Bulk edit", "In progress", "0"],
        ["Complaint finished", "Given up", "0"],
        ["Notice about an account", "Waiting", "2"],
    ]
    for state, name in (("waiting", "Waiting"), ("running", "In progress"), ("given-up", "Given up")):
        rows = read_rows(client.get(f"{URL}?state={state}"))
        assert [row[1] for row in rows] == [name]
    page = client.get(f"{URL}{jobs['given up'].pk}/change/").content.decode()
    assert "SMTPDataError 554" in page
    assert client.get(f"{URL}{jobs['elsewhere'].pk}/change/").status_code == 404
    client.force_login(cast.root)
    assert len(read_rows(client.get(URL))) == 5


def act(client, action, jobs) -> str:
    sent = {"action": action, "_selected_action": [job.pk for job in jobs]}
    return BeautifulSoup(client.post(URL, sent, follow=True).content, "lxml").get_text(" ", strip=True)


def test_jobs_are_retried_and_dropped_but_not_while_they_run(cast, jobs, client):
    client.force_login(cast.ada)
    page = act(client, "retry", [jobs["given up"], jobs["in progress"], jobs["elsewhere"]])
    assert "1 job will be retried." in page
    assert "1 job is in progress and was left alone." in page
    assert not QueuedJob.objects.filter(
        pk=jobs["given up"].pk, state="given up"
    ).exists()  # its record is gone
    page = act(client, "drop", [jobs["waiting"], jobs["in progress"], jobs["elsewhere"]])
    assert "1 job was dropped." in page
    left = set(QueuedJob.objects.values_list("pk", flat=True))
    assert left == {jobs["in progress"].pk, jobs["elsewhere"].pk, jobs["nobody's"].pk}


def test_the_actions_need_their_permission(cast, jobs, client):
    ada = User.objects.get(pk=cast.ada.pk)
    for role in ada.groups.all():
        role.permissions.remove(Permission.objects.get(codename="manage_jobs"))
    client.force_login(ada)
    assert len(read_rows(client.get(URL))) == 3
    act(client, "drop", [jobs["waiting"]])
    assert QueuedJob.objects.filter(pk=jobs["waiting"].pk).exists()
