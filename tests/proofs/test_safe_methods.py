"""Safe methods change nothing: after every visitor has read everything, the database and the files are the
same, with the exceptions named here."""

import pytest
from django.apps import apps
from django.core import mail

from backoffice.records.models import History, SecretReading
from backoffice.uploads.storage import THUMBNAILS
from backoffice.uploads.tests.upload_requests import stored_files
from tests.support.access_matrix import METHODS, has_record, table_name
from tests.support.routes import every_route
from tests.support.visitors import COLLEAGUE, MINE, STRANGER, World

pytestmark = pytest.mark.django_db
SAFE = ("GET", "HEAD", "OPTIONS")
ALSO = ("/complaints?q=a&sort=-number", "/objects/export?format=csv", "/cases/export?format=documents", "/search?q=a",
        "/users/export?format=xlsx", "/v2/objects?limit=5&sort=name:1", "/complaints/new?object=", "/secrets-read?q=a",
        "/admin/facility/complaint/?q=a", "/admin/records/history/?q=a", "/cases?solved=no")  # fmt: skip
"""Addresses with parameters that routes do not show."""
BOOKKEEPING = {
    "people.User": {"last_login", "last_code_at"},
    "people.ApiKey": {"last_used_at"},
}
"""Columns with the time of a visit."""
WRITTEN = {"signin.UserSession", "signin.Attempts"}
"""Rows that are written for every visitor."""
DERIVED = THUMBNAILS
"""Thumbnails are made on the first request."""
APPENDED = "records.SecretReading"
"""The secret access log: it grows, and its rows never change."""


def take_snapshot(folder) -> dict[str, dict]:
    """Return the rows of each table, the files and the e-mails."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        if label not in WRITTEN:
            left_out = BOOKKEEPING.get(label, set())
            found[label] = {
                row[model._meta.pk.attname]: {name: row[name] for name in row.keys() - left_out}
                for row in model._base_manager.values()
            }
    found["files"] = {
        str(path): path.read_bytes()
        for path in stored_files(folder)
        if DERIVED not in path.relative_to(folder).parts
    }
    found["mails"] = {number: message.body for number, message in enumerate(mail.outbox)}
    return found


def changes(before: dict, after: dict) -> list[str]:
    """Return what has been written between two snapshots."""
    found = []
    for label, rows in before.items():
        then = after[label]
        added = {} if label == APPENDED else {key: then[key] for key in then.keys() - rows.keys()}
        found += [f"{label}: {row} is new" for row in added.values()]
        found += [
            f"{label}: {row} became {then.get(key)}" for key, row in rows.items() if then.get(key) != row
        ]
    return found


@pytest.fixture
def world(cast, records, folder):
    return World(cast, records)


def read_routes(world, visitor, routes) -> int:
    """Request every route, for each record that it may be about, with each safe method."""
    asked = 0
    for route in routes:
        for owner in (MINE, COLLEAGUE, STRANGER) if has_record(route) else (MINE,):
            _sent, query = world.bodies.get(("GET", table_name(route)), ({}, ""))
            address = world.address(route, owner, visitor)
            for method in SAFE:
                visitor.ask(method, f"{address}?{query}" if query else address)
                asked += 1
    return asked


def changes_by_route(world, folder, visitor, routes) -> list[str]:
    """Return which routes wrote what."""
    found = []
    for route in routes:
        before = take_snapshot(folder)
        read_routes(world, visitor, [route])
        found += [
            f"{table_name(route)} as {visitor.name}: {change}"
            for change in changes(before, take_snapshot(folder))
        ]
    return found


@pytest.mark.slow
def test_a_write_is_detected(world, folder):
    before = take_snapshot(folder)
    world.people[1].ask("POST", f"/complaints/{world.records.complaint.pk}/act/finish")
    output = "\n".join(changes(before, take_snapshot(folder)))
    assert "facility.Complaint: " in output and "records.History: " in output


@pytest.mark.slow
def test_reading_some_pages_writes_nothing(world, folder):
    routes = [
        route
        for route in every_route()
        if table_name(route) in ("objects/<pk>", "v2/objects/<id>", "cases/<pk>")
    ]
    ada, script = world.people[-2], world.scripts[-2]
    before, readings = take_snapshot(folder), SecretReading.objects.count()
    read_routes(world, ada, [route for route in routes if not route.speaks_json])
    assert SecretReading.objects.count() == readings
    read_routes(world, script, [route for route in routes if route.speaks_json])
    assert SecretReading.objects.count() > readings  # so the requests were successful
    assert changes(before, take_snapshot(folder)) == []


@pytest.mark.deep
def test_reading_everything_writes_nothing(world, folder, capsys):
    assert set(SAFE) < set(METHODS)
    pages = [route for route in every_route() if not route.speaks_json]
    scripts = [route for route in every_route() if route.speaks_json]
    asked = 0
    rows = History.objects.count()
    visits = [(visitor, pages) for visitor in [world.nobody, *world.people]]
    visits += [(visitor, scripts) for visitor in [world.nobody, *world.scripts, world.reading, world.expired,
                                                  world.switched_off]]  # fmt: skip
    for visitor, routes in visits:
        before = take_snapshot(folder)
        asked += read_routes(world, visitor, routes)
        for address in ALSO:
            for method in SAFE:
                visitor.ask(method, address)
                asked += 1
        if changes(before, take_snapshot(folder)):
            assert changes_by_route(world, folder, visitor, routes) == []
            assert changes(before, take_snapshot(folder)) == []
    with capsys.disabled():
        print(
            f"\nsafe methods: {len(pages) + len(scripts)} routes as {len(visits)} visitors: {asked} requests"
        )
    assert History.objects.count() == rows
