"""The generate command in an empty database."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.demo import generator
from backoffice.directory.tests.generated_companies import generate, snapshot
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.models import History
from facility.models import Complaint
from tests.support.rollback import rolled_back


@pytest.mark.slow
def test_the_same_seed_creates_the_same_records(db):
    with rolled_back():
        generate()
        first = snapshot()
    with rolled_back():
        generate()
        assert snapshot() == first
    with rolled_back():
        generate(seed="2")
        assert not snapshot().keys() & first.keys()


@pytest.mark.slow
def test_an_interrupted_run_is_continued(db, monkeypatch):
    monkeypatch.setattr(generator, "BATCH", 10)
    with rolled_back():
        generate()
        whole = snapshot()
    write, written = services.create_many, []

    def interrupted(model, newcomers, **how):
        made = write(model, newcomers, **how)
        written.append(model)
        if written.count(Complaint) == 2:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(services, "create_many", interrupted)
    with pytest.raises(CommandError, match=r"Interrupted\. 33 records were added"):
        generate()
    monkeypatch.setattr(services, "create_many", write)
    generate()
    assert snapshot() == whole


def test_a_company_in_use_is_refused(cast):
    before = Complaint.objects.count()
    with pytest.raises(CommandError, match="“Hansen Service A/S” is a company in use"):
        generate(company="Hansen Service A/S")
    assert Complaint.objects.count() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"customers": 0}, "no contacts without customers"),
        ({"company": "x" * 300}, "company name .* is not valid"),
    ],
)  # fmt: skip
def test_impossible_arguments_are_refused(db, options, message):
    with pytest.raises(CommandError, match=message):
        generate(**options)
    assert not Company.objects.filter(name__startswith="Generated").exists()


@pytest.mark.parametrize("count", ["-1", "many", "16777217"])
def test_arguments_that_are_not_numbers_are_refused(db, count):
    with pytest.raises(CommandError, match="--complaints"):
        call_command("generate", f"--complaints={count}")


@pytest.mark.deep
@pytest.mark.everywhere
def test_many_records_are_written_in_few_queries_with_their_history(db):
    with CaptureQueriesContext(connection) as context:
        generate(complaints=3000, objects=500, cases=500)
    assert len(context) < 3000
    company = Company.objects.get(name="Generated A/S")
    numbers = list(
        Complaint.objects.filter(company=company).order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(1, 3001))
    of_complaints = History.objects.filter(record_type="facility.complaint", company=company, version=1)
    assert of_complaints.values("record_id").distinct().count() == 3000
