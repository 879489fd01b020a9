"""A revoked key never becomes valid again."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from backoffice.admin.tests.pages import admin_url, run_action, save_form
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
def revoked_key(cast, key_of, client):
    """A key of Alice's that an administrator has revoked over JSON; `revoked_key.secret` is its text."""
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    secret = key.secret
    done = client.delete(f"/v2/apiKeys/{key.pk}", headers={"X-API-Key": key_of(cast.ada)})
    assert done.status_code == 204
    found = ApiKey.objects.get(pk=key.pk)
    found.secret = secret
    return found


def is_valid(client, key) -> bool:
    return client.get("/v2/complaints/count", headers={"X-API-Key": key.secret}).status_code == 200


def assert_stays_revoked(cast, key) -> None:
    for actor in (cast.alice, cast.ada, cast.root, Installation()):
        with pytest.raises(ValidationError, match="A revoked key stays revoked"):
            services.update(ApiKey.objects.get(pk=key.pk), {"status": 1}, actor=actor, context=BROWSER)


@pytest.mark.slow
def test_its_owner_cannot_revive_it_in_the_browser(cast, revoked_key, as_user, client):
    browser, page = as_user(cast.alice), f"/api-keys/{revoked_key.pk}"
    form = form_data(record_form(browser.get(page).content))
    dates = [name for name in form if name.startswith("expires_at")]
    for value in ("", "2090-01-01", "2090-01-01T00:00"):
        browser.post(page, form | dict.fromkeys(dates, value))
    browser.post(f"{page}/versions/{revoked_key.version}/undo")
    assert not is_valid(client, revoked_key)
    renamed = browser.post(page, form | {"name": "another"})  # other changes are allowed
    assert renamed.status_code == 302 and ApiKey.objects.get(pk=revoked_key.pk).name == "another"


def test_no_admin_page_bulk_action_or_json_request_can_revive_it(cast, revoked_key, as_user, client, key_of):
    admin = as_user(cast.ada)
    save_form(admin, admin_url(revoked_key), expires_at_0="2090-01-01", expires_at_1="00:00")
    run_action(admin, [revoked_key], "archive", post="yes")
    run_action(admin, [revoked_key], "activate", post="yes")
    own = {"X-API-Key": key_of(cast.alice)}
    answer = client.patch(
        f"/v2/apiKeys/{revoked_key.pk}", json.dumps({}), content_type="application/json", headers=own
    )
    assert answer.status_code == 403
    assert not is_valid(client, revoked_key)


@pytest.mark.parametrize("actor", ["alice", "ada", "root", "the installation"])
@pytest.mark.parametrize("later", [None, timedelta(days=1), timedelta(days=-1)], ids=str)
def test_no_actor_can_revive_it(cast, revoked_key, actor, later):
    who = getattr(cast, actor, None) or Installation()
    value = later and now() + later
    with pytest.raises(ValidationError, match=r"has expired\. Create a new one"):
        services.update(revoked_key, {"expires_at": value}, actor=who, context=BROWSER)
    with pytest.raises(Forbidden):
        services.update(revoked_key, {}, actor=who, context=BROWSER, action="rotate")


def test_an_expired_key_counts_as_revoked(cast, client):
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company, expires_at=now() - timedelta(seconds=1))
    with pytest.raises(ValidationError, match=r"has expired\. Create a new one"):
        services.update(key, {"expires_at": None}, actor=cast.alice, context=BROWSER)
    coming = ApiKeyFactory(owner=cast.alice.pk, company=cast.company, expires_at=now() + timedelta(days=1))
    services.update(coming, {"expires_at": None}, actor=cast.alice, context=BROWSER)


def test_a_key_that_was_archived_is_revoked(cast, client, as_user):
    """Undo does not restore it either."""
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    assert is_valid(client, key)
    archived = services.update(key, {"status": 2}, actor=cast.ada, context=BROWSER).record
    assert not is_valid(client, key) and archived.is_expired(now())
    as_user(cast.alice).post(f"/api-keys/{key.pk}/versions/{archived.version}/undo")
    assert not is_valid(client, key)
    assert_stays_revoked(cast, key)
    assert not is_valid(client, key)


@pytest.mark.parametrize("page", ["/api-keys/{}", "/admin/people/apikey/{}/change/"])
def test_no_form_restores_it(page, cast, as_user):
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    services.update(key, {"status": 2}, actor=cast.ada, context=BROWSER)
    browser, page = as_user(cast.ada), page.format(key.pk)
    answer = browser.post(page, form_data(record_form(browser.get(page).content)) | {"status": "1"})
    assert answer.status_code == 200 and "A revoked key stays revoked" in answer.content.decode()
    assert ApiKey.objects.get(pk=key.pk).status == 2


def test_a_key_archived_by_an_older_version_is_revoked(cast, client):
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    ApiKey._base_manager.filter(pk=key.pk).update(status=2)
    assert not is_valid(client, key)
    assert_stays_revoked(cast, key)
    assert not is_valid(client, key)


@pytest.mark.parametrize("channel", ["bulk", "admin", "browser"])
def test_a_concurrent_change_of_the_date_does_not_prevent_revocation(channel, cast, client, as_user):
    key, admin = ApiKeyFactory(owner=cast.alice.pk, company=cast.company), as_user(cast.ada)
    page = f"/api-keys/{key.pk}" if channel == "browser" else admin_url(key)
    form = form_data(record_form(admin.get(page).content))
    services.update(key, {"expires_at": now() + timedelta(days=900)}, actor=cast.alice, context=BROWSER)
    if channel == "bulk":
        run_action(admin, [key], "archive", post="yes", seen=f"{key.pk}:{key.version}")
    else:
        assert admin.post(page, form | {"status": "2", "_save": "Save"}).status_code == 302
    found = ApiKey.objects.get(pk=key.pk)
    assert (found.status, found.is_expired(now())) == (2, True)
    assert_stays_revoked(cast, key)
    assert not is_valid(client, key)
