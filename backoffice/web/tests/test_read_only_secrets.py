"""Tests of secrets on the read-only page of a user who may see them."""

from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel


def test_read_only_users_see_the_secrets_without_a_form(cast, records, client):
    guards = Group.objects.create(name="Guard")
    allowed = ["view_customerobject", "view_object_secrets"]
    guards.permissions.set(Permission.objects.filter(codename__in=allowed))
    secrets = {"security_code": "4711 A", "key": ["left", "right"]}
    services.update(records.object, secrets, actor=cast.alice, context=ChangeContext(Channel.BROWSER))
    client.force_login(UserFactory(company=cast.company, roles=["Guard"]))
    covered = client.get(reverse("facility:customerobject_record", args=[records.object.pk]))
    assert "4711 A" not in covered.content.decode()
    shown = client.post(reverse("facility:customerobject_secrets", args=[records.object.pk]))
    text = shown.content.decode()
    assert "4711 A" in text and "[&quot;left&quot;, &quot;right&quot;]" in text
    assert 'name="security_code"' not in text and "Save" not in text
