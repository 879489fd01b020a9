"""A company always has an administrator, and the installation a superuser."""

import json
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from backoffice.admin.tests.pages import admin_url, read_outcomes, run_action, save_form
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people import roles
from backoffice.people.models import User
from backoffice.people.tests.factories import CompanyFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import DeletionRefused, Forbidden
from backoffice.records.writes import updates as records

pytestmark = pytest.mark.attack
BROWSER = ChangeContext(Channel.BROWSER)
LOSING = [{"is_active": False}, {"status": 2}, {"roles": [roles.VIEWER]}, {"roles": []}]
LAST = "is the last administrator of"


@pytest.fixture
def company(db):
    return CompanyFactory(name="Sonne AG")


@pytest.fixture
def only_administrator(cast, company):
    """The only administrator of a company that has no other users who may sign in."""
    UserFactory(company=company, roles=[roles.VIEWER])
    UserFactory(company=company, roles=[roles.ADMINISTRATOR], is_active=False)
    UserFactory(company=company, roles=[roles.ADMINISTRATOR], status=2)
    return UserFactory(username="sole", company=company, roles=[roles.ADMINISTRATOR])


def reload(user) -> User:
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("values", LOSING, ids=str)
def test_the_last_administrator_keeps_the_role(only_administrator, company, values):
    with pytest.raises(ValidationError, match=LAST) as raised:
        services.update(only_administrator, values, actor=only_administrator, context=BROWSER)
    assert set(raised.value.error_dict) == set(values)
    second = UserFactory(company=company, roles=[roles.ADMINISTRATOR])
    services.update(reload(only_administrator), values, actor=reload(only_administrator), context=BROWSER)
    with pytest.raises(ValidationError, match=LAST):
        services.update(reload(second), values, actor=reload(second), context=BROWSER)


def test_the_last_administrator_cannot_delete_themselves(only_administrator, company):
    with pytest.raises(DeletionRefused, match=LAST):
        services.delete(only_administrator, actor=only_administrator, context=BROWSER)
    assert reload(only_administrator).version == only_administrator.version
    UserFactory(company=company, roles=[roles.ADMINISTRATOR])
    services.delete(reload(only_administrator), actor=reload(only_administrator), context=BROWSER)


@pytest.mark.slow
def test_the_last_administrator_stays_in_browser_admin_and_bulk_actions(only_administrator, as_user):
    browser = as_user(only_administrator)
    page = f"/users/{only_administrator.pk}"
    sent = form_data(record_form(browser.get(page).content))
    for values in ({"status": "2"}, {"roles": [roles.VIEWER]}):
        assert LAST in browser.post(page, sent | values).content.decode()
    del sent["is_active"]
    assert LAST in browser.post(page, sent).content.decode()
    assert LAST in browser.post(f"{page}/remove", {"version": only_administrator.version}).content.decode()
    assert LAST in save_form(browser, admin_url(only_administrator), status="2").content.decode()
    assert (
        LAST
        in browser.post(
            admin_url(only_administrator, "delete"), {"version": only_administrator.version}
        ).content.decode()
    )
    report = read_outcomes(run_action(browser, [only_administrator], "archive", post="yes").content.decode())
    assert [word for word, why in report.values() if LAST in why] == ["Rejected"]
    assert reload(only_administrator).version == only_administrator.version


def test_undo_cannot_remove_the_last_administrator(cast, company, as_user):
    """Undoing an appointment is refused if there is no other administrator left."""
    person = UserFactory(company=company, roles=[roles.VIEWER])
    first = UserFactory(company=company, roles=[roles.ADMINISTRATOR])
    promoted = services.update(person, {"roles": [roles.ADMINISTRATOR]}, actor=first, context=BROWSER).record
    services.update(first, {"is_active": False}, actor=first, context=BROWSER)
    as_user(reload(person)).post(f"/users/{person.pk}/versions/{promoted.version}/undo")
    assert reload(person).roles == [roles.ADMINISTRATOR]


def test_superusers_and_commands_can_remove_the_last_administrator(cast, only_administrator):
    """A superuser can appoint another administrator; commands are for those with access to the server."""
    services.update(only_administrator, {"status": 2}, actor=cast.root, context=BROWSER)
    services.update(reload(only_administrator), {"status": 1}, actor=cast.root, context=BROWSER)
    services.update(
        reload(only_administrator),
        {"is_active": False},
        actor=Installation(),
        context=ChangeContext(Channel.COMMAND),
    )


@pytest.mark.parametrize("values", [{"is_superuser": False}, {"is_active": False}, {"status": 2}], ids=str)
def test_the_last_superuser_keeps_the_flag(cast, values):
    with pytest.raises(ValidationError, match="is the last superuser"):
        services.update(cast.root, values, actor=cast.root, context=BROWSER)
    other = UserFactory(username="other", company=None, is_superuser=True)
    services.update(cast.root, values, actor=Installation(), context=ChangeContext(Channel.COMMAND))
    with pytest.raises(ValidationError, match="is the last superuser"):
        services.update(other, values, actor=other, context=BROWSER)
    with pytest.raises(DeletionRefused, match="is the last superuser"):
        services.delete(other, actor=other, context=BROWSER)


def test_two_administrators_cannot_demote_each_other_concurrently(company, monkeypatch):
    """The second change is made between the planning and the writing of the first."""
    one, two = (UserFactory(company=company, roles=[roles.ADMINISTRATOR]) for _each in range(2))
    write = records.write

    def late(planned, context):
        monkeypatch.setattr(records, "write", write)
        services.update(reload(one), {"is_active": False}, actor=reload(two), context=BROWSER)
        return write(planned, context)

    monkeypatch.setattr(records, "write", late)
    with pytest.raises(Forbidden, match=LAST):
        services.update(two, {"status": 2}, actor=one, context=BROWSER)
    assert reload(two).can_sign_in and not reload(one).is_active


@pytest.mark.deep
@pytest.mark.everywhere
@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads cannot share SQLite's database of tests")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_superuser", [False, True])
def test_two_administrators_cannot_demote_each_other_in_two_threads(company, is_superuser):
    if not User.objects.exists():
        from conftest import make_roles

        make_roles()
    for _round in range(10):
        User._base_manager.update(is_active=False)
        how = {"is_superuser": True, "company": None} if is_superuser else {"company": company}
        pair = [UserFactory(roles=[roles.ADMINISTRATOR], **how) for _each in range(2)]
        start, results = Barrier(2), []

        def demote(actor, other, start=start, results=results):
            try:
                start.wait(10)
                services.update(other, {"is_active": False}, actor=actor, context=BROWSER)
                results.append("")
            except (Forbidden, ValidationError) as error:
                results.append(str(error))
            finally:
                connections.close_all()

        threads = [Thread(target=demote, args=order) for order in (pair, pair[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(results) == 2
        assert User.objects.filter(pk__in=[user.pk for user in pair], is_active=True).count() == 1, results


def test_scripts_do_not_change_users(only_administrator, key_of, client):
    """(JSON is read-only for users; this is the place to test writes.)"""
    for method in ("patch", "put", "delete"):
        answer = getattr(client, method)(
            f"/v2/users/{only_administrator.pk}",
            json.dumps({"isActive": False}),
            content_type="application/json",
            headers={"X-API-Key": key_of(only_administrator)},
        )
        assert answer.status_code == 405


def test_the_last_administrator_cannot_be_restricted_to_a_customer(only_administrator, company):
    """A user restricted to a customer administers nothing."""
    customer = CustomerFactory(company=company)
    with pytest.raises((ValidationError, Forbidden)):
        services.update(
            only_administrator, {"customer": customer.pk}, actor=only_administrator, context=BROWSER
        )
    assert reload(only_administrator).customer_id is None
