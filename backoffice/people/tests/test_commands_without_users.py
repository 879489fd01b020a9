"""Commands on an installation without users."""

import pytest
from django.core.management import CommandError

from backoffice.people.models import User
from backoffice.people.tests.test_commands import run
from backoffice.records.history import history_of


def test_a_key_without_any_user_says_how_to_begin(db):
    with pytest.raises(CommandError, match="start_company"):
        run("create_api_key", "alice")


def test_createsuperuser_makes_a_record_like_any_other(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "moth-lantern-cobble")
    run("createsuperuser", "--noinput", "--username", "root", "--email", "root@example.com")
    root = User.objects.get(username="root")
    assert (root.is_superuser, root.is_staff, root.company_id) == (True, True, None)
    assert root.check_password("moth-lantern-cobble")
    assert history_of(root).get().via == "command"
