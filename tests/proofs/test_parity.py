"""The same on every door: outcome, message, and history row but for the door. A kind of record or a door that is
missing from the table fails."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission

from backoffice.admin.record_admin import RecordAdmin
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.web.viewsets import all_viewsets
from config.api import FACILITY, SUPPORT_DESK
from facility.models import Complaint
from supportdesk.models import SupportCase
from tests.support.parity import (
    CELLS,
    CONFLICT,
    DONE,
    DOORS,
    FORBIDDEN,
    INVALID,
    MISSING,
    ROWS,
    VIA,
    change_at,
    of,
)


def cells(of_them=lambda row, door: True):
    chosen = [(row, door) for row, door in CELLS if of_them(row, door)]
    return pytest.mark.parametrize(
        ("row", "door"),
        [
            pytest.param(row, door, marks=seldom(row, door), id=f"{row.model.__name__}-{door}")
            for row, door in chosen
        ],
    )


EVERY_DAY = {Complaint, SupportCase}


def seldom(row, door):
    """One record of each desk is tried every day, the others among the long proofs. And a change of many goes by several
    pages, which are the same for every kind: one is enough for every day."""
    every_day = {Complaint} if door == "many" else EVERY_DAY
    return [] if row.model in every_day else [pytest.mark.deep, pytest.mark.everywhere]


each_cell = cells()


def test_no_kind_and_no_door_is_missing():
    expected = {(kind.model, door) for kind in all_viewsets() for door in ("browser", "many")}
    expected |= {(kind.model, "quick") for kind in all_viewsets() if kind.quick}
    expected |= {(kind.model, "box") for kind in all_viewsets() if kind.boxes}
    for model, model_admin in admin.site._registry.items():
        if isinstance(model_admin, RecordAdmin):
            expected |= {(model, "admin"), (model, "bulk")}
    for operation in (*FACILITY.operations, *SUPPORT_DESK.operations):
        if operation.id.startswith("update"):
            expected.add((operation.body.document.model, "json"))
    assert {(row.model, door) for row, door in CELLS} == expected
    assert {door for _model, door in expected} == set(DOORS)
    assert {Channel.BROWSER, Channel.ADMIN, Channel.BULK, Channel.JSON} == {
        VIA.get(door, door) for door in DOORS
    }
    assert len(ROWS) == len({row.model for row in ROWS})


@pytest.fixture
def scene(cast, records, key_of):
    """`scene(row, channel, who)`: somebody at a door, with a record open; who it is, what is changed, how."""

    def opened(row, door, who="ada"):
        user, record = getattr(cast, who), row.make(cast)
        return at_door(row, door, user, record)

    def at_door(row, door, user, record):
        entered = DOORS[door]()
        entered.enter(user, key_of(user) if door == "json" else None)
        entered.open(row, record)
        return entered, record, change_at(row, door)

    opened.at_door = at_door
    return opened


def present(record):
    return type(record).objects.get(pk=record.pk)


def meanwhile(record, cast, values):
    return services.update(record, values, actor=cast.root, via=ChangeContext(Channel.COMMAND)).record


def written(record, what, new, cast, door, version=2):
    """The newest history row is this change, whichever door it came in by, with what it brings along and nothing else."""
    row = history_of(record).first()
    told = {entry["property"]: (entry["old"], entry["new"]) for entry in row.changes}
    assert told.pop(what.property) == (of(what.old, cast), new)
    assert set(told) == set(what.brings)
    assert row.via == VIA.get(door, door)
    assert (row.action, row.version, row.user_id, row.who.split(" (")[0]) == (
        "change", version, cast.ada.pk, "Ada",
    )  # fmt: skip
    assert row.record_name == str(record)
    return row


@each_cell
def test_valid(row, door, cast, scene):
    entered, record, what = scene(row, door)
    new = of(what.new, cast)
    assert entered.send(row, record, what.property, new).outcome == DONE
    written(record, what, new, cast, door)
    assert what.property == "status" or present(record).version == 2


@each_cell
def test_no_edit(row, door, cast, scene):
    entered, record, what = scene(row, door)
    before = History.objects.count()
    assert entered.send(row, record, what.property, of(what.old, cast)).outcome == DONE
    assert History.objects.count() == before


@cells(lambda row, door: change_at(row, door).bad)
def test_a_broken_rule(row, door, cast, scene):
    entered, record, what = scene(row, door)
    name, value, message = what.bad
    answer = entered.send(row, record, name, of(value, cast))
    assert answer.outcome == INVALID
    assert message in answer.said
    assert present(record).version == 1


@each_cell
def test_forbidden(row, door, cast, scene):
    cast.vera.user_permissions.set(Permission.objects.filter(codename="enter_admin"))
    entered, record, what = scene(row, door, who="vera")
    assert entered.send(row, record, what.property, of(what.new, cast)).outcome == FORBIDDEN
    assert present(record).version == 1


@each_cell
def test_foreign(row, door, cast, records, scene):
    record = row.foreign(cast, records)
    entered, record, what = scene.at_door(row, door, cast.ada, record)
    assert entered.send(row, record, what.property, of(what.new, cast)).outcome == MISSING
    assert present(record).version == 1


@each_cell
def test_stale_and_disjoint(row, door, cast, scene):
    entered, record, what = scene(row, door)
    name, value = row.beside
    if name == what.property:
        name, value = row.change.property, row.change.theirs
    theirs = meanwhile(record, cast, {name: value})
    new = of(what.new, cast)
    assert entered.send(row, record, what.property, new).outcome == DONE
    written(theirs, what, new, cast, door, version=3)
    kept, prop = present(record), record.properties[name]
    assert prop.read(kept) == prop.read(theirs)


@cells(lambda row, door: change_at(row, door).theirs is not None)
def test_stale_and_overlapping(row, door, cast, scene):
    entered, record, what = scene(row, door)
    meanwhile(record, cast, {what.property: of(what.theirs, cast)})
    answer = entered.send(row, record, what.property, of(what.new, cast))
    assert answer.outcome == CONFLICT
    assert "Root" in answer.said
    kept = present(record)
    assert kept.version == 2
    assert kept.properties[what.property].read(kept) == of(what.theirs, cast)


def removes(row, door):
    """The support desk's documented interface has no way to remove a case, and no quick choice or box removes one."""
    return door not in ("quick", "box") and (door != "json" or row.json[0].startswith("/v2/"))


@cells(lambda row, door: door == "json" and not removes(row, door))
def test_what_is_not_removed_over_json(row, door, cast, scene):
    entered, record, _what = scene(row, door)
    assert entered.caller.send("DELETE", row.json[0] + record.pk).status_code == 405


@cells(removes)
def test_removal(row, door, cast, scene):
    entered, record, _what = scene(row, door)
    if row.before_removal:
        if door == "json":
            assert entered.remove(row, record).outcome == INVALID
        name, value = row.before_removal
        record = meanwhile(record, cast, {name: value})
        entered.open(row, record)
    answer = entered.remove(row, record)
    last = history_of(record).first()
    if not row.removable:
        assert answer.outcome == FORBIDDEN
        assert last.action == "create"
        return
    assert answer.outcome == DONE
    assert (last.action, last.version, last.via, last.user_id, last.who) == (
        "remove", record.version + 1, VIA.get(door, door), cast.ada.pk, "Ada (test script)" if door == "json" else "Ada",
    )  # fmt: skip
    assert row.change.property in {entry["property"] for entry in last.changes} or row.change.old is None
    assert not type(record).objects.filter(pk=record.pk).exists()
