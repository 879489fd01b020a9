"""Four processes take the next record 500 times in parallel, on a database of their own: none is taken twice."""

import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from scripts.throwaway_servers import another_database
from tests.proofs.test_concurrency import prepared, run

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PROCESSES = 4
RECORDS = 250
"""Waiting complaints, and as many waiting cases."""

# Creates the users and the records, of mixed priorities, besides the two complaints of `prepared`.
START = f"""
import django; django.setup()
from backoffice.people import roles
from backoffice.people.models import Company
from backoffice.people.tests.factories import UserFactory
from facility.models import CustomerObject
from facility.tests.factories import ComplaintFactory
from supportdesk.tests.factories import SupportCaseFactory
company, place = Company.objects.get(), CustomerObject.objects.get()
for n in range({PROCESSES}):
    UserFactory(username=f"worker{{n}}", company=company, roles=[roles.ADMINISTRATOR])
for n in range({RECORDS}):
    SupportCaseFactory(company=company, priority=1 + n % 4)
    if n >= 2:
        ComplaintFactory(company=company, object=place.pk, priority=1 + n % 4)
"""

# Takes complaints and cases in turn until none waits, and prints (id, priority) of each, by model.
TAKE = """
import django, json, sys; django.setup()
from tests.support import mongodb_stand_in
if mongodb_stand_in.is_stand_in(): mongodb_stand_in.apply_workarounds()
from backoffice.db.transactions import WriteConflict
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint
from supportdesk.models import SupportCase
user = User.objects.get(username=sys.argv[1])
print("ready", flush=True); sys.stdin.readline()
taken, waiting = {"complaint": [], "supportcase": []}, [Complaint, SupportCase]
while waiting:
    for model in list(waiting):
        try:
            planned = services.take_next(model, actor=user, context=ChangeContext(Channel.COMMAND))
        except WriteConflict:  # others were faster for seconds
            continue
        if planned is None:
            waiting.remove(model)
        else:
            taken[model._meta.model_name].append((planned.record.pk, planned.record.priority))
print(json.dumps(taken))
"""

# Prints the assignee of each record, and how often it was changed.
LOOK = """
import django, json; django.setup()
from collections import Counter
from backoffice.records.models import History
from facility.models import Complaint
from supportdesk.models import SupportCase
changes = Counter(History.objects.filter(action="change").values_list("record_id", flat=True))
print(json.dumps({record.pk: [getattr(record, record.assignee_property).username, changes[record.pk]]
                  for model in (Complaint, SupportCase) for record in model.objects.all()}))
"""


@pytest.mark.deep
@pytest.mark.everywhere
def test_no_record_is_taken_twice(tmp_path):
    with another_database(tmp_path) as url:
        environment = prepared(url)
        run(environment, "-c", START)
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", TAKE, f"worker{number}"], cwd=PROJECT_ROOT, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )
            for number in range(PROCESSES)
        ]  # fmt: skip
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:  # now all are loaded
            worker.stdin.write("\n")
            worker.stdin.flush()
        results = [json.loads(worker.communicate(timeout=600)[0]) for worker in workers]
        assignees = json.loads(run(environment, "-c", LOOK))
    taken = {
        pk: f"worker{number}"
        for number, result in enumerate(results)
        for pk, _priority in chain.from_iterable(result.values())
    }
    presses = [len(list(chain.from_iterable(result.values()))) for result in results]
    assert sum(presses) == len(taken) == len(assignees) == 2 * RECORDS
    assert assignees == {pk: [worker, 1] for pk, worker in taken.items()}
    for priorities in ([priority for _pk, priority in of] for result in results for of in result.values()):
        assert priorities == sorted(priorities, reverse=True)
    assert min(presses) > 0, presses
    print(f"taken by each process: {presses}")
