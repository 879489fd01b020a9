"""A revoked key never becomes valid again."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from backoffice.admin.tests.pages import address, in_bulk, saved
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields import now

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def leaked(cast, key_of, client):
    """A key of Alice's that an administrator has revoked over JSON; `leaked.secret` is its text."""
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    secret = key.secret
    done = client.delete(f"/v2/apiKeys/{key.pk}", headers={"X-API-Key": key_of(cast.ada)})
    assert done.status_code == 204
    found = ApiKey.objects.get(pk=key.pk)
    found.secret = secret
    return found


def is_valid(client, key) -> bool:
    return client.get("/v2/complaints/count", headers={"X-API-Key": key.secret}).status_code == 200


@pytest.mark.slow
def test_not_by_its_owner_in_the_browser(cast, leaked, as_user, client):
    browser, page = as_user(cast.alice), f"/api-keys/{leaked.pk}"
    form = form_data(record_form(browser.get(page).content))
    dates = [name for name in form if name.startswith("expires_at")]
    for value in ("", "2090-01-01", "2090-01-01T00:00"):
        browser.post(page, form | dict.fromkeys(dates, value))
    browser.post(f"{page}/versions/{leaked.version}/undo")
    assert not is_valid(client, leaked)
    renamed = browser.post(page, form | {"name": "another"})  # other changes are allowed
    assert renamed.status_code == 302 and ApiKey.objects.get(pk=leaked.pk).name == "another"


def test_not_in_the_administration_nor_in_bulk_nor_over_json(cast, leaked, as_user, client, key_of):
    admin = as_user(cast.ada)
    saved(admin, address(leaked), expires_at_0="2090-01-01", expires_at_1="00:00")
    in_bulk(admin, [leaked], "archive", post="yes")
    in_bulk(admin, [leaked], "activate", post="yes")
    own = {"X-API-Key": key_of(cast.alice)}
    answer = client.patch(
        f"/v2/apiKeys/{leaked.pk}", json.dumps({}), content_type="application/json", headers=own
    )
    assert answer.status_code == 403
    assert not is_valid(client, leaked)


@pytest.mark.parametrize("actor", ["alice", "ada", "root", "the installation"])
@pytest.mark.parametrize("later", [None, timedelta(days=1), timedelta(days=-1)], ids=str)
def test_not_by_anybody(cast, leaked, actor, later):
    who = getattr(cast, actor, None) or Installation()
    value = later and now() + later
    with pytest.raises(ValidationError, match=r"has expired\. Create a new one"):
        services.update(leaked, {"expires_at": value}, actor=who, context=BROWSER)
    with pytest.raises(Forbidden):
        services.update(leaked, {}, actor=who, context=BROWSER, action="rotate")


def test_a_date_that_is_over_is_as_good_as_revoked(cast, client):
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company, expires_at=now() - timedelta(seconds=1))
    with pytest.raises(ValidationError, match=r"has expired\. Create a new one"):
        services.update(key, {"expires_at": None}, actor=cast.alice, context=BROWSER)
    coming = ApiKeyFactory(owner=cast.alice.pk, company=cast.company, expires_at=now() + timedelta(days=1))
    services.update(coming, {"expires_at": None}, actor=cast.alice, context=BROWSER)


def test_a_key_that_was_archived_is_revoked(cast, client, as_user):
    """Restored, also by undo, the key stays invalid."""
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    assert is_valid(client, key)
    archived = services.update(key, {"status": 2}, actor=cast.ada, context=BROWSER).record
    assert not is_valid(client, key) and archived.is_expired(now())
    as_user(cast.alice).post(f"/api-keys/{key.pk}/versions/{archived.version}/undo")
    assert not is_valid(client, key)
    services.update(ApiKey.objects.get(pk=key.pk), {"status": 1}, actor=cast.alice, context=BROWSER)
    assert not is_valid(client, key)


def test_nor_one_that_was_archived_before_that_was_so(cast, client):
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    ApiKey._base_manager.filter(pk=key.pk).update(status=2)
    assert not is_valid(client, key)
    services.update(ApiKey.objects.get(pk=key.pk), {"status": 1}, actor=cast.alice, context=BROWSER)
    assert not is_valid(client, key)


@pytest.mark.parametrize("channel", ["bulk", "admin", "browser"])
def test_nobody_keeps_a_key_from_being_revoked_by_setting_its_date_meanwhile(channel, cast, client, as_user):
    key, admin = ApiKeyFactory(owner=cast.alice.pk, company=cast.company), as_user(cast.ada)
    page = f"/api-keys/{key.pk}" if channel == "browser" else address(key)
    form = form_data(record_form(admin.get(page).content))
    services.update(key, {"expires_at": now() + timedelta(days=900)}, actor=cast.alice, context=BROWSER)
    if channel == "bulk":
        in_bulk(admin, [key], "archive", post="yes", seen=f"{key.pk}:{key.version}")
    else:
        assert admin.post(page, form | {"status": "2", "_save": "Save"}).status_code == 302
    found = ApiKey.objects.get(pk=key.pk)
    assert (found.status, found.is_expired(now())) == (2, True)
    services.update(found, {"status": 1}, actor=cast.alice, context=BROWSER)
    assert not is_valid(client, key)
