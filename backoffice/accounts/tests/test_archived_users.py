"""Archived and deactivated users have no access of any kind."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from backoffice.accounts.tests.conftest import try_password
from backoffice.accounts.tests.test_second_factor import AuthenticatorApp, set_up
from backoffice.admin.tests.pages import admin_url
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, User
from backoffice.people.tests.factories import PASSWORD, ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields import now
from backoffice.records.history import history_of
from backoffice.records.services import undo
from facility.models import Complaint

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
COMMAND = ChangeContext(Channel.COMMAND)


def archive(user, status=2) -> User:
    return services.update(
        User.objects.get(pk=user.pk), {"status": status}, actor=Installation(), context=COMMAND
    ).record


@pytest.mark.slow
def test_password_session_and_key_are_all_refused(cast, records, as_user, key_of, client):
    open_session, key = as_user(cast.alice), {"X-API-Key": key_of(cast.alice)}
    assert client.get("/v2/complaints", headers=key).status_code == 200
    archive(cast.alice)
    assert client.get("/v2/complaints", headers=key).status_code == 401
    assert open_session.get("/account").status_code == 302
    for name in ("alice", "alice@example.com"):
        refused, wrong = try_password(Client(), name, PASSWORD), try_password(Client(), name, "wrong")
        assert (refused.status_code, wrong.status_code) == (200, 200)
    archive(cast.alice, 1)
    assert try_password(Client(), "alice", PASSWORD).status_code == 302


OFF_AND_ON = {
    "switched off": ({"is_active": False}, {"is_active": True}),
    "archived": ({"status": 2}, {"status": 1}),
}


@pytest.mark.slow
@pytest.mark.parametrize(("off", "on"), OFF_AND_ON.values(), ids=OFF_AND_ON)
def test_sessions_and_keys_stay_ended_after_reactivation(cast, as_user, key_of, client, off, on):
    expired = ApiKeyFactory(owner=cast.alice.pk, company=cast.company, expires_at=now() - timedelta(days=3))
    open_session, key = as_user(cast.alice), {"X-API-Key": key_of(cast.alice)}
    for values in (off, on):
        services.update(
            User.objects.get(pk=cast.alice.pk), values, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
        )
    assert client.get("/v2/complaints", headers=key).status_code == 401
    assert open_session.get("/account").status_code == 302
    row = history_of(ApiKey.objects.get(owner=cast.alice.pk, expires_at__gt=expired.expires_at)).first()
    assert (row.action, row.who, row.via) == ("expire", "Ada", "browser")
    assert history_of(expired).count() == 1
    new = {"X-API-Key": ApiKeyFactory(owner=cast.alice.pk, company=cast.company).secret}
    assert client.get("/v2/complaints", headers=new).status_code in (200, 403)
    services.update(User.objects.get(pk=cast.alice.pk), {"first_name": "A"}, actor=cast.ada, context=COMMAND)
    assert client.get("/v2/complaints", headers=new).status_code in (200, 403)


@pytest.mark.deep
def test_reactivation_through_another_channel_restores_nothing(cast, as_user, key_of, client):
    ada = as_user(cast.ada)

    def undo_change(user):
        row = history_of(user).first()
        undo(user, row, actor=cast.ada, context=ChangeContext(Channel.BROWSER))

    def toggle_by_form(user, page=None, form=record_form):
        page = page or f"/users/{user.pk}"
        sent = form_data(form(ada.get(page).content))
        sent.pop("is_active", None)
        ada.post(page, sent | ({} if user.is_active else {"is_active": "on"}))

    def toggle_in_admin(user):
        toggle_by_form(
            user, admin_url(user), lambda content: BeautifulSoup(content, "lxml").select_one("#user_form")
        )

    def toggle_by_service(user):
        services.update(user, {"is_active": not user.is_active}, actor=Installation(), context=COMMAND)

    for off, on in (
        (toggle_by_service, undo_change),
        (toggle_by_form, toggle_by_form),
        (toggle_in_admin, toggle_in_admin),
    ):
        session = as_user(cast.alice)
        key = {"X-API-Key": ApiKeyFactory(owner=cast.alice.pk, company=cast.company).secret}
        for act, is_active in ((off, False), (on, True)):
            act(User.objects.get(pk=cast.alice.pk))
            assert User.objects.get(pk=cast.alice.pk).is_active == is_active, act
        assert client.get("/v2/complaints", headers=key).status_code == 401
        assert session.get("/account").status_code == 302


def test_old_keys_and_sessions_end_at_reactivation(cast, as_user, key_of, client):
    """Users deactivated before deactivation ended their keys and sessions."""
    session, key = as_user(cast.alice), {"X-API-Key": key_of(cast.alice)}
    User._base_manager.filter(pk=cast.alice.pk).update(is_active=False)
    services.update(User.objects.get(pk=cast.alice.pk), {"is_active": True}, actor=cast.ada, context=COMMAND)
    assert client.get("/v2/complaints", headers=key).status_code == 401
    assert session.get("/account").status_code == 302


def test_a_pending_second_factor_step_ends(cast, monkeypatch):
    telephone, client = AuthenticatorApp(monkeypatch), Client()
    try_password(client, "vera", PASSWORD)
    codes = set_up(client, telephone)
    client.post("/sign-out")
    try_password(client, "vera", PASSWORD)
    archive(cast.vera)
    assert client.post("/sign-in/code", {"code": codes[0]})["Location"].startswith("/sign-in?")
    assert client.get("/account").status_code == 302


def test_no_job_runs_in_the_name_of_an_archived_user(cast, records):
    gone = archive(cast.alice)
    assert not Complaint.objects.visible_to(gone).exists()
    assert gone.find_visible(Complaint, records.complaint.pk) is None
    with pytest.raises(Forbidden):
        services.update(records.complaint, {"desc": "x"}, actor=gone, context=COMMAND)
