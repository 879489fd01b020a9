"""Who is archived gets in by no way."""

import pytest
from django.test import Client

from backoffice.people.models import User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records.actors import Door, Installation, Via
from backoffice.records.change import change
from backoffice.records.errors import Forbidden
from backoffice.signin.tests.conftest import try_password
from backoffice.signin.tests.test_second_factor import Telephone, set_up
from facility.models import Complaint

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
COMMAND = Via(Door.COMMAND)


def archive(user, status=2) -> User:
    return change(User.objects.get(pk=user.pk), {"status": status}, actor=Installation(), via=COMMAND).record


@pytest.mark.slow
def test_neither_password_nor_session_nor_key_opens_anything(cast, records, as_user, key_of, client):
    open_session, key = as_user(cast.alice), {"X-API-Key": key_of(cast.alice)}
    assert client.get("/v2/complaints", headers=key).status_code == 200
    archive(cast.alice)
    assert client.get("/v2/complaints", headers=key).status_code == 401
    assert open_session.get("/account").status_code == 302
    for name in ("alice", "alice@example.com"):
        refused, wrong = try_password(Client(), name, PASSWORD), try_password(Client(), name, "wrong")
        assert (refused.status_code, wrong.status_code) == (200, 200)
    archive(cast.alice, 1)
    assert client.get("/v2/complaints", headers=key).status_code == 200
    assert try_password(Client(), "alice", PASSWORD).status_code == 302


def test_a_second_step_under_way_ends(cast, monkeypatch):
    telephone, client = Telephone(monkeypatch), Client()
    try_password(client, "vera", PASSWORD)
    codes = set_up(client, telephone)
    client.post("/sign-out")
    try_password(client, "vera", PASSWORD)
    archive(cast.vera)
    assert client.post("/sign-in/code", {"code": codes[0]})["Location"].startswith("/sign-in?")
    assert client.get("/account").status_code == 302


def test_nothing_is_done_in_their_name(cast, records):
    gone = archive(cast.alice)
    assert not Complaint.objects.visible_to(gone).exists()
    assert gone.find_visible(Complaint, records.complaint.pk) is None
    with pytest.raises(Forbidden):
        change(records.complaint, {"desc": "x"}, actor=gone, via=COMMAND)
