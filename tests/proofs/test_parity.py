"""Every channel gives the same outcome, message and history row (except for the channel itself). A record
type or a channel that is missing from the table fails."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission

from backoffice.admin.record_admin import RecordAdmin
from backoffice.people.models import ApiKey
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.models import Entity, History
from backoffice.web.viewsets import all_viewsets
from config.api import FACILITY, SUPPORT_DESK
from facility.models import Complaint
from supportdesk.models import SupportCase
from tests.support.derived_records import DERIVED, LISTED
from tests.support.parity import (
    CELLS,
    CHANNELS,
    CONFLICT,
    DONE,
    FORBIDDEN,
    INVALID,
    MISSING,
    ROWS,
    VIA,
    change_at,
    resolve,
)


def cells(of_them=lambda row, channel: True):
    chosen = [(row, channel) for row, channel in CELLS if of_them(row, channel)]
    return pytest.mark.parametrize(
        ("row", "channel"),
        [
            pytest.param(
                row, channel, marks=daily_or_deep(row, channel), id=f"{row.model.__name__}-{channel}"
            )
            for row, channel in chosen
        ],
    )


EVERY_DAY = {Complaint, SupportCase, *DERIVED}


def daily_or_deep(row, channel):
    """Try one record type of each app every day, the others in the deep tests. Bulk edit takes several pages
    that are the same for every type: one is enough for every day."""
    every_day = {Complaint} if channel == "many" else EVERY_DAY
    return [] if row.model in every_day else [pytest.mark.deep, pytest.mark.everywhere]


each_cell = cells()


def test_no_record_type_and_no_channel_is_missing():
    expected = {(kind.model, channel) for kind in all_viewsets() for channel in ("browser", "many")}
    expected |= {(kind.model, "quick") for kind in all_viewsets() if kind.quick_properties}
    for model, model_admin in admin.site._registry.items():
        if isinstance(model_admin, RecordAdmin):
            expected |= {(model, "admin"), (model, "bulk")}
    for operation in (*FACILITY.operations, *SUPPORT_DESK.operations):
        if operation.id.startswith("update"):
            expected.add((operation.body.document.model, "json"))
    assert {(row.model, channel) for row, channel in CELLS} == expected
    assert {channel for _model, channel in expected} == set(CHANNELS)
    assert {Channel.BROWSER, Channel.ADMIN, Channel.BULK, Channel.JSON} == {
        VIA.get(channel, channel) for channel in CHANNELS
    }
    assert len(ROWS) == len({row.model for row in ROWS})
    entities = {model for model in apps.get_models() if issubclass(model, Entity)}
    assert {row.model for row in ROWS} == entities
    assert {row.model._meta.label_lower for row in ROWS if row.model not in DERIVED} == LISTED


@pytest.fixture
def scene(cast, records, key_of):
    """`scene(row, channel, who)`: a user at a channel with an open record, the change, and the channel."""

    def opened(row, channel, who="ada"):
        user, record = getattr(cast, who), row.make(cast)
        return enter(row, channel, user, record)

    def enter(row, channel, user, record):
        entered = CHANNELS[channel]()
        entered.enter(user, key_of(user) if channel == "json" else None)
        entered.open(row, record)
        return entered, record, change_at(row, channel)

    opened.enter = enter
    return opened


def reload(record):
    return type(record).objects.get(pk=record.pk)


def change_concurrently(record, cast, values):
    return services.update(record, values, actor=cast.root, context=ChangeContext(Channel.COMMAND)).record


def assert_written(record, what, new, cast, channel, version=2):
    """Check that the newest history row is this change with the right channel, including what it brings with
    it and nothing else."""
    row = history_of(record).first()
    changes = {entry["property"]: (entry["old"], entry["new"]) for entry in row.changes}
    assert changes.pop(what.property) == (resolve(what.old, cast), new)
    assert set(changes) == set(what.brings)
    assert row.via == VIA.get(channel, channel)
    assert (row.action, row.version, row.user_id, row.who.split(" (")[0]) == (
        "change", version, cast.ada.pk, "Ada",
    )  # fmt: skip
    assert row.record_name == str(record)
    return row


@each_cell
def test_a_valid_change_is_equal_on_every_channel(row, channel, cast, scene):
    entered, record, what = scene(row, channel)
    new = resolve(what.new, cast)
    assert entered.send(row, record, what.property, new).outcome == DONE
    assert_written(record, what, new, cast, channel)
    assert what.property == "status" or reload(record).version == 2


@cells(lambda row, channel: (row.model, channel) != (ApiKey, "bulk"))  # no bulk action makes a key active
def test_an_unchanged_record_is_equal_on_every_channel(row, channel, cast, scene):
    entered, record, what = scene(row, channel)
    before = History.objects.count()
    assert entered.send(row, record, what.property, resolve(what.old, cast)).outcome == DONE
    assert History.objects.count() == before


@cells(lambda row, channel: change_at(row, channel).bad)
def test_a_validation_error_is_equal_on_every_channel(row, channel, cast, scene):
    entered, record, what = scene(row, channel)
    name, value, message = what.bad
    answer = entered.send(row, record, name, resolve(value, cast))
    assert answer.outcome == INVALID
    assert message in answer.text
    assert reload(record).version == 1


@each_cell
def test_a_forbidden_change_is_equal_on_every_channel(row, channel, cast, scene):
    cast.vera.user_permissions.set(Permission.objects.filter(codename="enter_admin"))
    entered, record, what = scene(row, channel, who="vera")
    assert entered.send(row, record, what.property, resolve(what.new, cast)).outcome == FORBIDDEN
    assert reload(record).version == 1


@each_cell
def test_a_foreign_record_is_equal_on_every_channel(row, channel, cast, records, scene):
    record = row.foreign(cast, records)
    entered, record, what = scene.enter(row, channel, cast.ada, record)
    assert entered.send(row, record, what.property, resolve(what.new, cast)).outcome == MISSING
    assert reload(record).version == 1


@each_cell
def test_a_merge_is_equal_on_every_channel(row, channel, cast, scene):
    entered, record, what = scene(row, channel)
    name, value = row.beside
    if name == what.property:
        name, value = row.change.property, row.change.theirs
    theirs = change_concurrently(record, cast, {name: value})
    new = resolve(what.new, cast)
    assert entered.send(row, record, what.property, new).outcome == DONE
    assert_written(theirs, what, new, cast, channel, version=3)
    kept, prop = reload(record), record.properties[name]
    assert prop.read(kept) == prop.read(theirs)


@cells(lambda row, channel: change_at(row, channel).theirs is not None)
def test_a_conflict_is_equal_on_every_channel(row, channel, cast, scene):
    entered, record, what = scene(row, channel)
    change_concurrently(record, cast, {what.property: resolve(what.theirs, cast)})
    answer = entered.send(row, record, what.property, resolve(what.new, cast))
    assert answer.outcome == CONFLICT
    assert "Root" in answer.text
    kept = reload(record)
    assert kept.version == 2
    assert kept.properties[what.property].read(kept) == resolve(what.theirs, cast)


def removes(row, channel):
    """Return whether the channel can delete the record: the documented interface of cases, quick menus and
    composers cannot."""
    return channel != "quick" and (channel != "json" or row.json[0].startswith("/v2/"))


@cells(lambda row, channel: channel == "json" and not removes(row, channel))
def test_some_record_types_cannot_be_deleted_over_json(row, channel, cast, scene):
    entered, record, _what = scene(row, channel)
    assert entered.caller.send("DELETE", row.json[0] + record.pk).status_code == 405


@cells(removes)
def test_a_deletion_is_equal_on_every_channel(row, channel, cast, scene):
    entered, record, _what = scene(row, channel)
    if row.before_removal:
        if channel == "json":
            assert entered.remove(row, record).outcome == INVALID
        name, value = row.before_removal
        record = change_concurrently(record, cast, {name: value})
        entered.open(row, record)
    answer = entered.remove(row, record)
    last = history_of(record).first()
    if not row.removable:
        assert answer.outcome == FORBIDDEN
        assert last.action == "create"
        return
    assert answer.outcome == DONE
    assert (last.action, last.version, last.via, last.user_id, last.who) == (
        "remove", record.version + 1, VIA.get(channel, channel), cast.ada.pk, "Ada (test script)" if channel == "json" else "Ada",
    )  # fmt: skip
    assert row.change.property in {entry["property"] for entry in last.changes} or row.change.old is None
    assert not type(record).objects.filter(pk=record.pk).exists()
