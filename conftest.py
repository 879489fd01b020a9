"""Fixtures for all tests: the cast (Alice owns the records, Charlie belongs to another company), its records,
API keys and browsers."""

import copy
import gc
import os
import shutil
from collections import defaultdict
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.template import RequestContext
from django.template.base import Template
from django.test import Client
from django.test.signals import template_rendered
from django.utils import translation
from hypothesis.internal.conjecture import providers
from pytest_django.plugin import blocking_manager_key

from backoffice.admin.filters import MAX_LINKS
from backoffice.people import roles
from backoffice.people.tests.factories import (
    ApiKeyFactory,
    CompanyFactory,
    ContactFactory,
    CustomerFactory,
    UserFactory,
)
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support import mongodb_stand_in
from tests.support.derived_records import Records
from tests.support.rollback import restore_collections_on_mongodb, rolled_back

if connection.vendor == "mongodb":
    restore_collections_on_mongodb()
ON_STAND_IN = mongodb_stand_in.is_stand_in()
if ON_STAND_IN:
    mongodb_stand_in.apply_workarounds()

CHROMIUM = shutil.which(os.environ.get("CHROMIUM", "chromium"))
BROWSER_REQUIRED = os.environ.get("BROWSER_TESTS") == "required"


@pytest.fixture(autouse=True)
def forget_language():
    """A request leaves its language active: forget it, so that the next test starts with the default one."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def signal_pages_only(django_test_environment):
    """Signal only the outermost template of each page. Django's test environment copies the context of every
    rendered template, and a form consists of hundreds. One per page is enough for `response.context`."""

    def render(self, context):
        if isinstance(context, RequestContext) and not hasattr(context, "was_signalled"):
            context.was_signalled = True
            template_rendered.send(sender=self, template=self, context=context)
        return self.nodelist.render(context)

    Template._render = render


@pytest.fixture(scope="session")
def chromium():
    """The path of Chromium. Tests that use it are marked `browser`."""
    return CHROMIUM


# Hypothesis would draw constants from the modules of ours that happen to be loaded, so examples would depend on
# which tests ran before.
providers._get_local_constants = lambda: providers._local_constants


def pytest_collection_finish(session):
    """Run the tests that use the shared records first. Freeze the objects created by imports and collection,
    so that the garbage collector does not scan them again and again."""
    session.items.sort(key=lambda item: not _uses_shared_records(item))
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _mark_cases_slow(items) -> None:
    """Of a parametrized test that uses the database, run the first case every day and the others in the long runs, on
    every database. (On MongoDB's slow stand-in, .ci/run leaves out those `between` the first and the last.)"""
    cases = defaultdict(list)
    for item in items:
        if hasattr(item, "callspec") and "db" in item.fixturenames and not item.get_closest_marker("deep"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for of_one_test in cases.values():
        for item in of_one_test[1:]:
            item.add_marker(pytest.mark.slow)
        for item in of_one_test[1:-1]:
            item.add_marker(pytest.mark.between)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    _mark_cases_slow(items)
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.deep)
            item.add_marker(pytest.mark.everywhere)
    if ON_STAND_IN:
        for item in items:
            for name, reason in mongodb_stand_in.CANNOT.items():
                if item.nodeid.endswith(name):
                    item.add_marker(pytest.mark.skip(reason=f"the MongoDB stand-in: {reason}"))
    for item in items:
        if item.get_closest_marker("browser"):
            # Under load a click once led nowhere; the cause is not known. A second failure counts.
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["^TimeoutError"]))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Count a skipped browser test as failed if the browser is required (BROWSER_TESTS=required)."""
    report = (yield).get_result()
    if BROWSER_REQUIRED and report.skipped and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped: {report.longrepr}"


def pytest_terminal_summary(terminalreporter):
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "browser" in report.keywords]
    if skipped:
        terminalreporter.section("browser tests")
        terminalreporter.line(
            f"{len(skipped)} browser tests were skipped. They need Chromium: apt install chromium, or CHROMIUM=path."
        )


def make_roles() -> None:
    """Create the roles that the apps declare, for databases whose tables a test has truncated."""
    for config in apps.get_app_configs():
        roles.grant(apps, config.label, getattr(config, "grants", {}))


def make_cast() -> SimpleNamespace:
    """Create two companies and their users. `ada` is Administrator, `alice` Facility staff, `sven` Support
    staff, `vera` Viewer, `rikke` the Reseller of `resold`; `charlie` is Facility staff of the other company,
    `root` a superuser."""
    if not Group.objects.exists():
        make_roles()
    company, elsewhere = (
        CompanyFactory(language="da", name="Hansen Service A/S"),
        CompanyFactory(language="de", name="Alpenblick Facility AG"),
    )

    def person(username, role, of=company, **values):
        values.setdefault("first_name", username.title())
        return UserFactory(username=username, company=of, roles=[role] if role else [], **values)

    reseller = CustomerFactory(company=company, name="Nordnet Reseller ApS")
    resold = CustomerFactory(company=company, name="Hansen Boligforening ApS", parent_reseller=reseller.pk)
    return SimpleNamespace(
        company=company,
        elsewhere=elsewhere,
        reseller=reseller,
        resold=resold,
        ada=person("ada", roles.ADMINISTRATOR),
        alice=person("alice", roles.FACILITY_STAFF),
        sven=person("sven", roles.SUPPORT_STAFF),
        vera=person("vera", roles.VIEWER),
        rikke=person("rikke", roles.RESELLER, customer=reseller.pk),
        charlie=person("charlie", roles.FACILITY_STAFF, of=elsewhere),
        root=person("root", None, is_superuser=True),
    )


class SharedRecords:
    """The cast and records that all tests of a process share. They stay in the database from one module to
    the next; what a module adds is rolled back after it."""

    def __init__(self):
        self._session, self._module = ExitStack(), ExitStack()
        self._shared = None

    def start_module(self) -> SimpleNamespace:
        if self._shared is None:
            self._session.enter_context(rolled_back())
            cast = make_cast()
            self._shared = SimpleNamespace(cast=cast, records=make_records(cast))
        self._module.enter_context(rolled_back())
        return self._shared

    def end_module(self) -> None:
        self._module.close()

    def close(self) -> None:
        self.end_module()
        self._shared = None
        self._session.close()


SHARED_RECORDS = SharedRecords()


def _commits(node) -> bool:
    return any(mark.kwargs.get("transaction") for mark in node.iter_markers("django_db"))


def _uses_shared_records(item) -> bool:
    return "shared_records" in item.fixturenames and not _commits(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Empty the database for tests that do not use the shared records, and for those that commit."""
    if not _uses_shared_records(item):
        with item.config.stash[blocking_manager_key].unblock():
            SHARED_RECORDS.close()


@pytest.fixture(scope="session")
def session_records(django_db_setup, django_db_blocker):
    yield SHARED_RECORDS
    with django_db_blocker.unblock():
        SHARED_RECORDS.close()


@pytest.fixture(scope="module")
def shared_records(request, session_records, django_db_blocker):
    """The cast and the records, created once: each test gets a copy, and its changes are rolled back after
    it, the module's changes after the module. None where tests commit (browser tests): there each test
    creates its own."""
    if _commits(request.node):
        yield None
        return
    with django_db_blocker.unblock():
        yield session_records.start_module()
        session_records.end_module()


@pytest.fixture
def cast(shared_records, db):
    """The users: see `make_cast`."""
    return make_cast() if shared_records is None else copy.deepcopy(shared_records.cast)


def make_records(cast) -> SimpleNamespace:
    """Create one record of each type in the company, and one of each in the other company."""
    company, elsewhere = cast.company, cast.elsewhere
    their_customer = CustomerFactory(company=elsewhere, name="Zunft zum Beispiel")
    their_object = CustomerObjectFactory(company=elsewhere, customer=their_customer.pk)
    place = CustomerObjectFactory(
        company=company, customer=cast.resold.pk, name="Rådhuset", tags=["school", "north"]
    )
    return Records(
        object=place,
        complaint=ComplaintFactory(company=company, object=place.pk, desc="Lampen er gået"),
        case=SupportCaseFactory(
            company=company,
            name="Intet billede",
            customer=cast.resold.pk,
            employee=cast.sven.pk,
            private_information="private-marker",
            comments=[{"comment": "Har du prøvet igen?", "employee": cast.sven.pk}],
            files=[{"url": "https://files.example.com/1.jpeg", "type": "IMAGE"}],
        ),
        article=ArticleFactory(company=company),
        contact=ContactFactory(company=company, customer=cast.resold.pk),
        their_customer=their_customer,
        their_object=their_object,
        their_complaint=ComplaintFactory(company=elsewhere, object=their_object.pk),
        their_case=SupportCaseFactory(company=elsewhere, customer=their_customer.pk),
        their_contact=ContactFactory(company=elsewhere),
        their_article=ArticleFactory(company=elsewhere),
    )


@pytest.fixture
def records(shared_records, cast):
    """The records: see `make_records`. They exist in every test that uses the cast."""
    return make_records(cast) if shared_records is None else copy.deepcopy(shared_records.records)


@pytest.fixture
def key_of(db):
    """`key_of(user, scopes=[…])`: the text of a new API key of a user."""
    return make_key


def make_key(user, **values) -> str:
    return ApiKeyFactory(owner=user.pk, company=user.company, **values).secret


@pytest.fixture
def as_user(db):
    """`as_user(user)`: a test client with the user signed in."""

    def sign_in(user):
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def crowd(cast, records):
    """More customers, each with a contact, than a filter in admin has links for."""
    customers = [
        CustomerFactory(company=cast.company, name=f"Boligforening {n:02}") for n in range(MAX_LINKS + 1)
    ]
    for customer in customers:
        ContactFactory(company=cast.company, customer=customer.pk)
    return customers
