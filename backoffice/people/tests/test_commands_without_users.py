"""Commands on an installation without users."""

import pytest
from django.core.management import CommandError

from backoffice.people.models import User
from backoffice.people.tests.test_commands import run
from backoffice.records.history import history_of


def test_create_api_key_without_users_names_the_first_command(db):
    with pytest.raises(CommandError, match="start_company"):
        run("create_api_key", "alice")


def test_createsuperuser_creates_a_record_with_history(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "moth-lantern-cobble")
    run("createsuperuser", "--noinput", "--username", "root", "--email", "root@example.com")
    root = User.objects.get(username="root")
    assert (root.is_superuser, root.is_staff, root.company_id) == (True, True, None)
    assert root.check_password("moth-lantern-cobble")
    assert history_of(root).get().via == "command"
