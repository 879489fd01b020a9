"""The cache of permission names, and the rights of a user, which each request reads."""

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice.people.models import User

pytestmark = pytest.mark.django_db


def test_granted_and_withdrawn_permissions_apply_at_once(cast):
    def may(name):
        return User.objects.get(pk=cast.vera.pk).has_perm(name)

    kind = Permission.objects.get(content_type__app_label="facility", codename="view_complaint").content_type
    assert may("facility.view_complaint")
    assert not may("facility.praise")
    praise = Permission.objects.create(content_type=kind, codename="praise", name="Can praise")
    cast.vera.user_permissions.add(praise)
    assert may("facility.praise")
    praise.codename = "blame"
    praise.save()
    assert may("facility.blame")
    assert not may("facility.praise")
    cast.vera.user_permissions.remove(praise)
    assert not may("facility.blame")
    group = Group.objects.create(name="Blamers")
    group.permissions.add(praise)
    cast.vera.groups.add(group)
    assert may("facility.blame")
    praise.delete()
    assert not may("facility.blame")
