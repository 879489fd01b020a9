"""Changes with a time in the past, and records that are created again after deletion."""

from datetime import datetime, timedelta, timezone
from itertools import count

from backoffice.db.object_ids import generate_ids
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history.versions import history_of, state_at, version_at
from facility.models import Complaint
from supportdesk.models import SupportCase

AT = datetime(2020, 2, 17, 14, 36, 9, 698000, tzinfo=timezone.utc)
BY_COMMAND = ChangeContext(Channel.COMMAND)


def test_stamps_in_the_past_are_kept_and_increase(cast, records):
    values = {"object": records.object.pk, "desc": "Dør"}
    made = services.create(Complaint, values, actor=cast.alice, context=BY_COMMAND, at=AT).record
    assert (made.created_at, made.last_modified_at) == (AT, AT)
    later = services.update(
        made, {"priority": 2}, actor=cast.alice, context=BY_COMMAND, at=AT + timedelta(days=1)
    ).record
    assert (later.created_at, later.last_modified_at) == (AT, AT + timedelta(days=1))
    last = services.update(later, {"priority": 3}, actor=cast.alice, context=BY_COMMAND, at=AT).record
    assert last.last_modified_at == later.last_modified_at + timedelta(milliseconds=1)
    assert version_at(last, AT + timedelta(hours=1)) is None


def test_a_restored_record_continues_its_history(cast, records):
    complaint = services.update(
        records.complaint, {"priority": 4}, actor=cast.alice, context=BY_COMMAND
    ).record
    services.delete(complaint, actor=cast.alice, context=BY_COMMAND)
    values = {"object": records.object.pk, "desc": "Igen"}
    back = services.create(
        Complaint, values, actor=cast.alice, context=BY_COMMAND, id=complaint.pk, at=AT
    ).record
    rows = list(history_of(back))
    assert [(row.version, row.action) for row in rows] == [
        (4, "create"),
        (3, "remove"),
        (2, "change"),
        (1, "create"),
    ]
    assert rows[0].at > rows[1].at
    assert back.created_at == rows[0].at
    assert state_at(back, 2)["priority"] == 4
    assert services.update(back, {"priority": 2}, actor=cast.alice, context=BY_COMMAND).record.version == 5


def test_ids_can_be_given(cast, records):
    with generate_ids(f"{n:024x}" for n in count(1)):
        values = {"name": "Lyd", "comments": [{"comment": "a", "files": [{"url": "https://example.com/1"}]}]}
        case = services.create(
            SupportCase, values, actor=Installation(cast.company.pk), context=BY_COMMAND
        ).record
    assert [case.pk, case.comments[0]["id"], case.comments[0]["files"][0]["id"]] == [
        f"{1:024x}",
        f"{2:024x}",
        f"{3:024x}",
    ]
    other = services.create(
        SupportCase, {"name": "Igen"}, actor=Installation(cast.company.pk), context=BY_COMMAND
    ).record
    assert other.pk > f"{99:024x}"
