"""What the product changes in Django, database drivers and gunicorn is in one module per layer. Each change still has
its reason, and was verified with the installed version."""

import ast
import inspect
import re
import sqlite3
import time
from enum import Enum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from threading import Timer

import pytest
from django import forms
from django.contrib import admin
from django.db import ConnectionHandler, connection, connections
from django.db.models.expressions import OrderBy
from django.forms import formset_factory
from django.utils.dateparse import parse_datetime
from gunicorn import util

from backoffice.db import patches, queries
from backoffice.db.queries import CompiledQuery
from config.databases import database
from facility.models import Complaint

ROOT = Path(__file__).resolve().parents[2]
MODULES = {
    "backoffice.admin.patches",
    "backoffice.db.patches",
    "backoffice.forms.patches",
    "config.serving.gunicorn_worker",
}
OWN = ("backoffice", "config", "facility", "supportdesk")
SOURCES = [
    path
    for name in OWN
    for path in sorted((ROOT / name).rglob("*.py"))
    if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts)
]
NO_PATCHES = {
    # Documented settings of Pillow.
    "Image.MAX_IMAGE_PIXELS", "PngImagePlugin.MAX_TEXT_CHUNK",
    # A process of its own, which speaks over its standard output.
    "sys.stdout",
    # Django documents this as a hook for subclasses.
    "BoundedPaginator._get_page",
    # smtplib has no other way to a deadline; `backoffice.mail.tests.test_smtp` tests it on each version of Python.
    "DeadlineSMTP._get_socket",
}  # fmt: skip


CONFIGURATION = {"config.wsgi", "config.serving.gunicorn", "config.test_settings"}
"""Modules without classes that configure the process when they are imported."""


@pytest.mark.parametrize(
    ("package", "verified"),
    sorted({pair for name in MODULES for pair in import_module(name).VERIFIED.items()}),
)
def test_patches_were_verified_with_the_installed_version(package, verified):
    """After an upgrade: run this file, compare the patched methods with the new ones, and change `VERIFIED`."""
    assert version(package).startswith(f"{verified}.")


def test_a_patch_has_one_version_per_package():
    pairs = {pair for name in MODULES for pair in import_module(name).VERIFIED.items()}
    assert len(dict(pairs)) == len(pairs)


def _imported_names(tree: ast.AST) -> set[str]:
    return {
        (name.asname or name.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and not (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(OWN))
        for name in node.names
    }


def _assigned_attributes(path: Path) -> set[str]:
    """Return the attributes of imported classes and modules, and the private methods of other objects, that a module
    assigns to."""
    tree = ast.parse(path.read_text())
    imported, found = _imported_names(tree), set()
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if not isinstance(target, ast.Attribute) or not isinstance(target.value, ast.Name):
                continue
            owner, name = target.value.id, target.attr
            if owner in imported or (owner == "connection" and name.startswith("_")):
                found.add(f"{owner}.{name}")
    return found


def _overridden_private_methods(name: str) -> set[str]:
    """Return the private methods of other packages' classes that the classes of a module override."""
    found = set()
    for cls in vars(import_module(name)).values():
        if inspect.isclass(cls) and cls.__module__ == name and not issubclass(cls, Enum):
            for attribute, value in vars(cls).items():
                if re.match(r"_[a-z]", attribute) and inspect.isfunction(value):
                    bases = [base for base in cls.__mro__[1:] if attribute in vars(base)]
                    if bases and not bases[-1].__module__.startswith(OWN):
                        found.add(f"{cls.__name__}.{attribute}")
    return found


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.mark.parametrize("package", OWN)
def test_no_other_module_patches_anything(package):
    found = set()
    for path in SOURCES:
        name = _module_name(path)
        if name.partition(".")[0] != package or name in MODULES:
            continue
        found |= {(name, each) for each in _assigned_attributes(path) - NO_PATCHES}
        if name not in CONFIGURATION:
            found |= {(name, each) for each in _overridden_private_methods(name) - NO_PATCHES}
    assert found == set()


def test_patches_are_recognised():
    assert _overridden_private_methods("backoffice.forms.patches") == set()  # mixins have no base
    assert _overridden_private_methods("config.serving.gunicorn_worker") >= {
        "CaretakerWorker._keepalive_after"
    }
    assert "OrderBy.as_postgresql" in _assigned_attributes(ROOT / "backoffice/db/patches.py")


# The reasons


def processor_time(function, times: int) -> float:
    """Return the least processor time of several runs."""
    durations = []
    for _run in range(5):
        begin = time.process_time()
        for _time in range(times):
            function()
        durations.append(time.process_time() - begin)
    return min(durations)


@pytest.mark.skipif(not queries.is_compiled(connection), reason="the ORM does all")
def test_the_orm_takes_longer_than_compiled_sql(records, settings):
    find = CompiledQuery(lambda pk: Complaint._base_manager.filter(pk=pk))
    pk, durations = records.complaint.pk, []
    for settings.COMPILED_SQL in (True, False):
        durations.append(processor_time(lambda: find(pk), 30))
    assert durations[1] > 1.5 * durations[0]


def test_djangos_instances_take_longer(records, settings):
    row = Complaint._base_manager.values_list().get(pk=records.complaint.pk)
    names, durations = [field.attname for field in Complaint._meta.concrete_fields], []
    for settings.COMPILED_SQL in (True, False):
        durations.append(processor_time(lambda: Complaint.from_db("default", names, row), 300))
    assert durations[1] > 1.5 * durations[0]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite stores times as text")
def test_django_takes_longer_to_convert_times():
    operations = connections["default"].ops
    field = Complaint._meta.get_field("created_at")
    text = b"2024-01-02 03:04:05.678000"

    def convert_by_django():
        value = parse_datetime(text.decode())
        type(operations).convert_datetimefield_value(operations, value, field, connection)

    ours = processor_time(lambda: patches._parse_utc(text), 2000)
    assert processor_time(convert_by_django, 2000) > 1.5 * ours


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the other databases agree")
def test_postgresql_sorts_null_last(cast, records, monkeypatch):
    Complaint._base_manager.filter(pk=records.complaint.pk).update(user_id=cast.alice.pk)
    in_order = Complaint._base_manager.order_by("user_id").values_list("user_id", flat=True)
    assert in_order.filter(user_id=None)
    assert in_order.all()[0] is None
    monkeypatch.delattr(OrderBy, "as_postgresql")
    assert in_order.all()[0] is not None


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has a busy handler")
def test_sqlites_own_busy_handler_sleeps_long(tmp_path, django_db_blocker):
    """After 0.33 s it sleeps for 0.1 s at a time, although the lock is free; ours sleeps for 0.01 s."""
    settings = database(f"sqlite:///{tmp_path / 'busy.sqlite3'}")
    with django_db_blocker.unblock():
        waiter = ConnectionHandler({"default": settings})["default"]
        waiter.ensure_connection()
        del waiter._start_transaction_under_autocommit  # the patch
        holder = sqlite3.connect(settings["NAME"], isolation_level=None, check_same_thread=False)

        def wait_after_release() -> float:
            released = []
            holder.execute("BEGIN IMMEDIATE")
            timer = Timer(0.35, lambda: (holder.execute("ROLLBACK"), released.append(time.monotonic())))
            timer.start()
            waiter.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
            waited = time.monotonic()
            timer.join()
            waiter.rollback()
            waiter.set_autocommit(True)
            return waited - released[0]

        assert any(wait_after_release() > 0.025 for _attempt in range(5))
        waiter.close()
        holder.close()


@pytest.mark.skipif(connection.vendor != "mongodb", reason="a fault of the MongoDB backend")
def test_mongodbs_own_atomic_leaves_the_session_open_if_a_commit_fails(records, monkeypatch):
    """The reason for `backoffice.db.transactions.atomic`: the next transaction would continue this one."""
    from django_mongodb_backend.transaction import atomic
    from pymongo.errors import AutoReconnect

    def fail():
        raise AutoReconnect("The connection was lost.")

    mine = connections["default"]
    with pytest.raises(AutoReconnect), atomic():
        session = mine.session
        monkeypatch.setattr(session, "commit_transaction", fail)
    is_open, mine.session = mine.session is session, None
    session.end_session()
    assert is_open


class PlainForm(forms.ModelForm):
    class Meta:
        model = Complaint
        fields = ["desc"]


def test_djangos_forms_write_to_their_instance(records):
    before = records.complaint.desc
    complaint = records.complaint.copy()
    form = PlainForm({"desc": f"{before} (changed)"}, instance=complaint)
    form.full_clean()
    assert complaint.desc != before


def test_djangos_formsets_know_deleted_forms_only_when_cleaned():
    data = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-desc": "a", "form-0-DELETE": "on"}
    formset = formset_factory(PlainForm, can_delete=True)(data)
    with pytest.raises(AttributeError):
        formset._should_delete_form(formset.forms[0])


def test_djangos_admin_redirects_for_a_missing_object(rf, cast, monkeypatch):
    request = rf.get("/")
    page = admin.ModelAdmin(Complaint, admin.site)
    monkeypatch.setattr(page, "message_user", lambda *_args: None)
    assert page._get_obj_does_not_exist_redirect(request, Complaint._meta, "x").status_code == 302


def test_gunicorns_error_responses_quote_the_request():
    class Socket:
        sent = b""

        def sendall(self, data):
            self.sent += data

        setblocking = gettimeout = lambda self, *_args: 0.0

    util.write_error(sock := Socket(), 400, "Bad Request", "Invalid HTTP request line: 'secret'")
    assert b"secret" in sock.sent
