"""The demo command in a database with other users."""

import io

import pytest
from django.core.management import CommandError, call_command

from backoffice.people.models import Company, Customer
from backoffice.people.tests.factories import UserFactory


def demo(*words) -> str:
    out = io.StringIO()
    call_command("demo", *words, stdout=out)
    return out.getvalue()


def test_if_empty_leaves_a_database_in_use_alone(db):
    UserFactory(username="root", is_superuser=True)
    assert demo("--if-empty") == ""
    assert not Company.objects.exists()


def test_users_with_the_same_names_prevent_the_demo(cast):
    with pytest.raises(CommandError, match=r"conflicts with .* already exists"):
        demo()
    assert Company.objects.count() == 2
    assert not Customer.objects.filter(name="Hotel Fjordblik").exists()
