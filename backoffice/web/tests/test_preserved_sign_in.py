"""Tests of preserved forms with stale tokens, other users, a second factor or an outage."""

from unittest import mock

import pyotp
import pytest
from django.db import OperationalError
from django.test import Client

from backoffice.forms.tests.pages import form_data
from backoffice.people.tests.factories import PASSWORD, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.web.tests.forms import (
    end_session,
    form_controls,
    preserved_input,
    sign_in,
    sign_in_and_return,
    soup,
)
from facility.models import Complaint
from tests.support.routes import every_route

pytestmark = pytest.mark.django_db
STILL_HERE = "Your text is still here; it is not saved yet."


@pytest.fixture
def alice(cast, as_user):
    return as_user(cast.alice)


@pytest.mark.slow
def test_a_stale_token_loses_nothing(cast, records):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(strict.get(address)), address) | {"contact_name": "Bo Lund"}
    strict.cookies.pop("csrftoken")
    answer = strict.post(address, sent)
    assert (answer.status_code, answer["Location"]) == (302, address)
    page = strict.get(address)
    assert "The page was open too long. " + STILL_HERE in page.content.decode()
    found = form_controls(soup(page), address)
    assert found["contact_name"] == "Bo Lund"
    assert strict.post(address, found).status_code == 302
    assert Complaint.objects.get(pk=records.complaint.pk).contact_name == "Bo Lund"


def test_a_second_sign_in_page_redirects_to_next(cast, client):
    strict = Client(enforce_csrf_checks=True)
    first = form_data(soup(strict.get("/sign-in")).select_one("form[action='/sign-in']"))
    second = form_data(soup(strict.get("/sign-in?next=/complaints")).select_one("form[action='/sign-in']"))
    named = {"username": "alice", "password": PASSWORD}
    assert strict.post("/sign-in", first | named).status_code == 302
    answer = strict.post("/sign-in", second | named)
    assert (answer.status_code, answer["Location"]) == (302, "/complaints")
    other = strict.post("/sign-in", second | {"username": "vera", "password": PASSWORD})
    assert other.status_code == 403
    assert "Alice" in other.content.decode()


@pytest.mark.deep
def test_the_author_can_sign_in_again_after_another_user(cast, records):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.alice)
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(strict.get(address)), address) | {"contact_name": "Bo Lund"}
    strict.force_login(cast.ada)
    strict.cookies.pop("csrftoken")
    refused = strict.post(address, sent)
    assert refused.status_code == 403
    assert "Ada is now signed in" in refused.content.decode()
    changed = strict.post("/sign-in", form_data(soup(refused).select_one("form")) | {"change-person": "1"})
    page = sign_in_and_return(strict, cast.alice, changed)
    assert form_controls(soup(page), address)["contact_name"] == "Bo Lund"


@pytest.mark.deep
def test_the_second_factor_and_wrong_passwords_lose_nothing(cast, records, alice, monkeypatch):
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address) | {"contact_name": "Bo Lund"}
    end_session(alice)
    signed_out = alice.post(address, sent)
    wrong = sign_in(alice, cast.alice, signed_out, password="wrong")
    assert wrong.status_code == 200
    assert preserved_input(wrong)
    services.update(
        cast.alice, {"totp_secret": "A" * 32}, actor=Installation(), context=ChangeContext(Channel.COMMAND)
    )
    monkeypatch.setattr("backoffice.accounts.totp.verify_code", lambda *_args: True)
    code = sign_in(alice, cast.alice, wrong)
    assert code["Location"].startswith("/sign-in/code")
    done = alice.post(code["Location"], {"code": "000000"})
    assert done["Location"] == address
    assert form_controls(soup(alice.get(address)), address)["contact_name"] == "Bo Lund"


@pytest.mark.slow
def test_an_outage_loses_nothing_and_states_the_known_outcome(cast, records, alice):
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address) | {"contact_name": "Bo Lund"}
    gone = OperationalError("gone away")
    for place, words in {
        "backoffice.records.writes.updates.queries.execute_insert": "it is not saved yet",
        "backoffice.web.views.records.redirect": "We do not know whether it was saved. You can send it again without creating a duplicate",
    }.items():
        with mock.patch(place, side_effect=gone):
            away = alice.post(address, sent)
        assert away.status_code == 503
        assert words in away.content.decode()
        form = soup(away).select_one("form")
        back = alice.post(form["action"], form_data(form), follow=True)
        assert words in back.content.decode()
        assert form_controls(soup(back), address)["contact_name"] == "Bo Lund"
    assert alice.get("/complaints").status_code == 200


@pytest.mark.deep
def test_an_htmx_menu_redirects_to_sign_in_and_back(cast, records, alice):
    action = f"/complaints/{records.complaint.pk}/quick/priority"
    sent = form_controls(soup(alice.get(action)), action) | {"value": "4"}
    end_session(alice)
    answer = alice.post(action, sent, headers={"hx-request": "true"})
    page = alice.get(answer["HX-Redirect"])
    assert "You were signed out." in page.content.decode()
    assert sign_in_and_return(alice, cast.alice, page).request["PATH_INFO"] == action
    # A button of a menu has no page of its own, so the menu is shown.
    action = f"/complaints/{records.complaint.pk}/quick/take"
    sent = form_controls(soup(alice.get(action, follow=True)), action)
    end_session(alice)
    page = alice.get(alice.post(action, sent, headers={"hx-request": "true"})["HX-Redirect"])
    back = sign_in_and_return(alice, cast.alice, page)
    assert "Nothing was done. Press the button again." in back.content.decode()
    assert alice.post(action, form_controls(soup(back), action)).status_code == 302
    assert Complaint.objects.get(pk=records.complaint.pk).user_id == cast.alice.pk


@pytest.mark.deep
def test_every_page_url_accepts_get_and_no_response_is_empty(cast, records, as_user):
    """Request every route of the pages with GET and with every other method."""
    root = as_user(cast.root)
    root.post("/account/confirm", {"password-again": PASSWORD})
    refused, empty = [], []
    for route in every_route():
        if route.speaks_json:
            continue
        address = route.address(records)
        if route.pattern == "<slug:slug>/export":
            address = "/objects/export?format=documents"
        answer = root.get(address)
        if answer.status_code == 405:
            refused.append(route.pattern)
        for each in (answer, root.put(address)):
            is_empty = each.status_code >= 400 and not (each.streaming or each.content)
            empty += [route.pattern] if is_empty else []
        if not root.session.get("_auth_user_id"):
            root.force_login(cast.root)
    assert (refused, empty) == ([], [])
    unsigned = Client().get(f"/objects/{records.object.pk}/secrets")
    assert unsigned["Location"] == f"/sign-in?next=/objects/{records.object.pk}/secrets"


@pytest.mark.deep
def test_a_new_user_gets_nothing_restored(cast, client):
    user = UserFactory(username="nora", company=cast.company, roles=["Viewer"])
    assert sign_in(client, user)["Location"] == "/"
    assert STILL_HERE not in client.get("/").content.decode()


def test_sign_out_shows_no_message_about_unsaved_input(cast, alice):
    for address in ("/sign-out", "/account/sign-out"):
        alice.force_login(cast.alice)
        key = soup(alice.get("/account")).select_one("[name=request-key]")["value"]
        answer = alice.post(address, {"request-key": key})
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in")


@pytest.mark.deep
def test_a_required_second_factor_setup_loses_nothing(cast, records, alice, settings):
    address = f"/complaints/{records.complaint.pk}"
    sent = form_controls(soup(alice.get(address)), address) | {"contact_name": "Bo Lund"}
    settings.SECOND_FACTOR_GROUPS = ["Facility staff"]
    assert alice.post(address, sent)["Location"] == "/account/second-factor"
    alice.post("/account/confirm", {"password-again": PASSWORD})
    form = form_data(soup(alice.get("/account/second-factor")).select_one("form:has([name=secret])"))
    done = alice.post(
        "/account/second-factor", form | {"code": pyotp.TOTP(form["secret"]).now(), "does": "confirm"}
    )
    (onward,) = [link["href"] for link in soup(done).select("main a.btn-primary")]
    assert onward == address
    assert form_controls(soup(alice.get(onward)), address)["contact_name"] == "Bo Lund"
