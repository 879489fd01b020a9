"""No user gets control of a user with more rights, not even of a deactivated one."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Forbidden

BY_BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def deactivated_superuser(cast):
    """A deactivated superuser of the company."""
    return services.update(cast.root, {"is_active": False}, actor=Installation(), context=BY_BROWSER).record


@pytest.mark.slow
def test_a_weaker_user_cannot_reactivate_a_stronger_one(cast, deactivated_superuser, client):
    client.force_login(cast.ada)
    page = reverse("people:user_record", args=[deactivated_superuser.pk])
    sent = form_data(record_form(client.get(page).content))
    answer = client.post(page, sent | {"is_active": "on", "email": "ada@example.com"})
    assert "This user has more permissions than you." in answer.content.decode()
    kept = User.objects.get(pk=deactivated_superuser.pk)
    assert (kept.is_active, kept.email, kept.version) == (
        False,
        deactivated_superuser.email,
        deactivated_superuser.version,
    )


def test_a_weaker_user_cannot_set_the_password_of_a_deactivated_stronger_one(
    cast, deactivated_superuser, client
):
    client.force_login(cast.ada)
    page = reverse("admin:people_user_password", args=[deactivated_superuser.pk])
    secret = "a brand new passphrase"
    answer = client.post(page, {"new_password1": secret, "new_password2": secret})
    assert "This user has more permissions than you." in answer.content.decode()
    assert not User.objects.get(pk=deactivated_superuser.pk).check_password(secret)


def test_a_weaker_user_cannot_create_a_key_for_a_deactivated_stronger_one(cast, deactivated_superuser):
    values = {"name": "later", "owner": deactivated_superuser.pk, "scopes": ["people:write"]}
    with pytest.raises(ValidationError, match="cannot create a key for this user"):
        services.create(ApiKey, values, actor=cast.ada, context=BY_BROWSER)


@pytest.mark.parametrize("page", ["people:user_remove", "admin:people_user_delete"])
def test_a_weaker_user_cannot_delete_a_stronger_one(cast, client, page):
    client.force_login(cast.ada)
    assert client.post(reverse(page, args=[cast.root.pk])).status_code == 403
    assert client.post(reverse(page, args=[cast.vera.pk])).status_code == 302
    assert set(User.objects.filter(pk__in=[cast.root.pk, cast.vera.pk])) == {cast.root}


def test_setting_a_password_changes_nothing_else(cast):
    values = {"password": "hash", "email": "vera@example.dk"}
    with pytest.raises(Forbidden):
        services.update(cast.vera, values, actor=cast.vera, context=BY_BROWSER, action="change_password")
