"""Secrets in the database: encrypted, decrypted by any of the keys, rotated to the first one, and reported as
lost in every channel if the key is missing, without other damage."""

import importlib
import io
import json
from types import SimpleNamespace

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from backoffice.admin.tests.pages import admin_url, save_form
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import encryption
from backoffice.records.history import state_at
from backoffice.records.models import History, SecretReading
from facility.models import CustomerObject
from facility.tests.factories import CustomerObjectFactory

CODE, KEY = "4711-marker", ["left-marker", {"floor": 2}]
LOST = "This cannot be decrypted"


@pytest.fixture
def place(cast, records):
    """An object with both secrets."""
    return services.update(
        records.object,
        {"security_code": CODE, "key": KEY},
        actor=cast.alice,
        context=ChangeContext(Channel.BROWSER),
    ).record


@pytest.fixture
def unreadable_object(place, settings):
    """The same object after its encryption key was lost."""
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    return CustomerObject.objects.get(pk=place.pk)


@pytest.fixture
def browser(cast, as_user):
    return as_user(cast.alice)


@pytest.fixture
def script(cast, key_of, client):
    """`script(method, path, body)` sends a JSON request as Alice."""
    key = key_of(cast.alice)

    def ask(method, path, body=None):
        answer = client.generic(
            method,
            path,
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers={"x-api-key": key},
        )
        return answer, answer.json()

    return ask


def page(record, name="record"):
    return reverse(f"facility:customerobject_{name}", args=[record.pk])


def columns(record) -> tuple[str, str]:
    """The stored values of the two columns."""
    return CustomerObject._base_manager.values_list("security_code", "key").get(pk=record.pk)


def run_command(*words) -> str:
    output = io.StringIO()
    call_command(*words, stdout=output)
    return output.getvalue()


def test_the_database_stores_tokens_and_the_record_has_values(place):
    everything = str(list(CustomerObject._base_manager.values()))
    assert "marker" not in everything and everything.count("gAAAA") == 2
    found = CustomerObject.objects.get(pk=place.pk)
    assert (found.security_code, found.key) == (CODE, KEY)
    assert "marker" not in str(list(History.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize("value", [0, 4711, 47.5, False, True, "", "0", "ø🔑", [], {}, {"a": [None, 1]}])
def test_any_json_value_is_read_as_written(cast, place, value):
    services.update(place, {"security_code": value}, actor=cast.alice, context=ChangeContext(Channel.BROWSER))
    found = CustomerObject.objects.get(pk=place.pk)
    assert json.dumps(found.security_code) == json.dumps(value)


def test_secrets_cannot_be_searched_or_sorted(place, script):
    for lookup in ("security_code", "key__contains", "key__in"):
        with pytest.raises((TypeError, FieldError), match=r"encrypted|Unsupported"):
            CustomerObject.objects.filter(**{lookup: "4"}).exists()
    condition = {"key": "securityCode", "operator": "equals", "value": CODE}
    for query in ("sort=securityCode:1", f"generalField={json.dumps(condition)}"):
        assert script("GET", f"/v2/objects?{query}")[0].status_code == 400


def test_a_token_is_valid_for_its_own_record_and_property_only(cast, place):
    token, key = columns(place)
    other = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, security_code="1")
    rows = CustomerObject._base_manager
    rows.filter(pk=other.pk).update(security_code=token)
    rows.filter(pk=place.pk).update(security_code=key, key=token)
    found = rows.in_bulk([place.pk, other.pk])
    swapped = [found[other.pk].security_code, found[place.pk].security_code, found[place.pk].key]
    assert all(map(encryption.is_unreadable, swapped))
    with pytest.raises(CommandError, match="3 secrets"):
        call_command("check_secrets", stdout=io.StringIO())


def test_invalid_field_keys_are_refused_at_the_start(settings):
    assert encryption.check_field_keys(None) == []
    for keys in ([], ["short"], [Fernet.generate_key().decode(), "x"]):
        settings.FIELD_KEYS = keys
        (error,) = encryption.check_field_keys(None)
        assert "--new-key" in error.msg
        with pytest.raises(ImproperlyConfigured):
            encryption.encrypt_value("1", CustomerObject, "1", "key")


# Rotation.


def test_rotation_encrypts_everything_with_the_first_key(cast, place, settings):
    new = run_command("rotate_field_keys", "--new-key").strip()
    old = list(settings.FIELD_KEYS)
    settings.FIELD_KEYS = [new, *old]
    before, rows = columns(place), list(History.objects.values())
    assert CustomerObject.objects.get(pk=place.pk).security_code == CODE
    assert "2 secrets encrypted with the first key, 0 were already" in run_command("rotate_field_keys")
    assert set(columns(place)).isdisjoint(before)
    assert "0 secrets encrypted with the first key, 2 were already" in run_command("rotate_field_keys")
    settings.FIELD_KEYS = [new]
    found = CustomerObject.objects.get(pk=place.pk)
    assert (found.security_code, found.key) == (CODE, KEY)
    assert (found.version, found.last_modified_at) == (place.version, place.last_modified_at)
    assert list(History.objects.values()) == rows


def test_rotation_works_in_batches_and_skips_concurrent_changes(cast, place, settings, monkeypatch):
    monkeypatch.setattr(encryption, "BATCH", 2)
    others = [
        CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, key=str(number))
        for number in range(5)
    ]
    settings.FIELD_KEYS = [Fernet.generate_key().decode(), *settings.FIELD_KEYS]
    renewed = encryption.reencrypt_token

    def slow(token):
        """Another user sets a new code between reading and writing of a token."""
        if token == columns(others[3])[1]:
            services.update(
                others[3], {"key": "new"}, actor=cast.alice, context=ChangeContext(Channel.BROWSER)
            )
        return renewed(token)

    command = "backoffice.records.management.commands.rotate_field_keys.reencrypt_token"
    monkeypatch.setattr(command, slow)
    assert "6 secrets encrypted with the first key" in run_command("rotate_field_keys")
    settings.FIELD_KEYS = settings.FIELD_KEYS[:1]
    keys = [CustomerObject.objects.get(pk=other.pk).key for other in others]
    assert keys == ["0", "1", "2", "new", "4"]


def test_rotation_keeps_and_reports_unreadable_secrets(unreadable_object):
    before = columns(unreadable_object)
    with pytest.raises(CommandError, match="2 secrets cannot be read"):
        call_command("rotate_field_keys", stdout=io.StringIO())
    assert columns(unreadable_object) == before
    output = io.StringIO()
    with pytest.raises(CommandError, match="enter them again"):
        call_command("check_secrets", stdout=output)
    assert f"customer object, key: 1, of which 1 cannot be read: {unreadable_object.pk}" in output.getvalue()


def test_check_secrets_reports_readable_secrets(place):
    assert "customer object, door code: 1\n" in run_command("check_secrets")


# The migration.


def test_the_migration_encrypts_and_decrypts_older_secrets(cast, place):
    migration = importlib.import_module("facility.migrations.0003_encrypted_secrets")
    editor = SimpleNamespace(connection=connection)
    plain = {"security_code": '"4711"', "key": '["left",1.0]'}
    sealed = {name: encryption.SealedValue(text) for name, text in plain.items()}
    CustomerObject._base_manager.filter(pk=place.pk).update(**sealed)
    for _twice in range(2):
        migration.encrypt(apps, editor)
        assert all(text.startswith("gAAAA") for text in columns(place))
    found = CustomerObject.objects.get(pk=place.pk)
    assert (found.security_code, found.key) == ("4711", ["left", 1.0])
    for _twice in range(2):
        migration.decrypt(apps, editor)
        assert columns(place) == tuple(plain.values())


def test_the_reverse_migration_needs_the_key(unreadable_object):
    migration = importlib.import_module("facility.migrations.0003_encrypted_secrets")
    with pytest.raises(ValueError, match="cannot be read"):
        migration.decrypt(apps, SimpleNamespace(connection=connection))


# A lost key, in each channel.


@pytest.mark.slow
def test_pages_report_unreadable_secrets(unreadable_object, cast, browser, as_user):
    pages = [
        browser.get(page(unreadable_object)),
        browser.post(page(unreadable_object, "secrets")),
        as_user(cast.ada).get(admin_url(unreadable_object)),
    ]
    for answer in pages:
        assert answer.status_code == 200
        assert answer.content.decode().count(LOST) == 2
        assert "unreadable:" not in answer.content.decode()
    for other in (
        browser.get(page(unreadable_object, "remove")),
        as_user(cast.vera).get(page(unreadable_object)),
    ):
        assert other.status_code == 200 and "unreadable:" not in other.content.decode()
    assert not SecretReading.objects.exists()


@pytest.mark.parametrize("uncovered", [False, True])
def test_a_form_keeps_unreadable_secrets(unreadable_object, browser, uncovered):
    before = columns(unreadable_object)
    form = (
        browser.post(page(unreadable_object, "secrets"))
        if uncovered
        else browser.get(page(unreadable_object))
    )
    sent = form_data(record_form(form.content)) | {"name": "Renamed"}
    assert browser.post(page(unreadable_object), sent).status_code == 302
    assert columns(unreadable_object) == before
    row = History.objects.filter(record_id=unreadable_object.pk).order_by("-version").first()
    assert [entry["property"] for entry in row.changes] == ["name"]


def test_a_form_can_replace_or_remove_an_unreadable_secret(unreadable_object, browser):
    sent = form_data(record_form(browser.get(page(unreadable_object)).content))
    browser.post(page(unreadable_object), sent | {"security_code": "0815", "key-clear": "1"})
    found = CustomerObject.objects.get(pk=unreadable_object.pk)
    assert (found.security_code, found.key) == ("0815", None)
    answer = browser.get(page(unreadable_object))
    assert LOST not in answer.content.decode() and "unreadable:" not in answer.content.decode()


def test_admin_keeps_unreadable_secrets(unreadable_object, cast, as_user):
    before = columns(unreadable_object)
    assert (
        save_form(as_user(cast.ada), admin_url(unreadable_object), description="Two stairs").status_code
        == 302
    )
    assert columns(unreadable_object) == before


def test_json_omits_unreadable_secrets_and_a_round_trip_keeps_them(unreadable_object, script):
    before = columns(unreadable_object)
    for path in (f"/v2/objects/{unreadable_object.pk}", "/v2/objects"):
        answer, body = script("GET", path)
        document = (
            body
            if isinstance(body, dict)
            else next(each for each in body if each["_id"] == unreadable_object.pk)
        )
        assert answer.status_code == 200
        assert "securityCode" not in document and "key" not in document
    assert not SecretReading.objects.exists()
    answer, body = script("PATCH", f"/v2/objects/{unreadable_object.pk}", document | {"name": "Renamed"})
    assert (answer.status_code, body["name"]) == (200, "Renamed")
    assert columns(unreadable_object) == before
    answer, body = script("PATCH", f"/v2/objects/{unreadable_object.pk}", {"securityCode": "0815"})
    assert (answer.status_code, body["securityCode"], "key" in body) == (200, "0815", False)


def test_an_export_omits_and_reports_unreadable_secrets(unreadable_object, cast, caplog):
    output = run_command("export", "objects", "--as", "alice")
    document = next(each for each in json.loads(output) if each["_id"] == unreadable_object.pk)
    assert "securityCode" not in document and "key" not in document
    assert "2 secrets of the exported customer objects are omitted" in caplog.text
    for form in ("csv", "json"):
        assert "unreadable:" not in run_command("export", "objects", "--format", form)


def test_concurrent_changes_are_merged_with_unreadable_secrets(unreadable_object, cast, browser):
    """A user who opened the page before the key was lost and the object renamed can still save."""
    services.update(
        unreadable_object, {"name": "Renamed"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    )
    values = {"description": "Two stairs", "security_code": CODE}
    merged = services.update(
        unreadable_object,
        values,
        actor=cast.alice,
        context=ChangeContext(Channel.BROWSER),
        base=unreadable_object.version,
    ).record
    assert (merged.name, merged.description, merged.security_code) == ("Renamed", "Two stairs", CODE)
    assert encryption.is_unreadable(merged.key)


def test_earlier_versions_and_undo_work_with_unreadable_secrets(unreadable_object, cast, browser):
    now = services.update(
        unreadable_object, {"name": "Renamed"}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    ).record
    assert state_at(now, unreadable_object.version)["name"] == unreadable_object.name
    assert state_at(now, 1)["security_code"] is None
    earlier = browser.get(
        reverse("facility:customerobject_version", args=[unreadable_object.pk, unreadable_object.version])
    )
    assert earlier.status_code == 200 and "unreadable:" not in earlier.content.decode()
    assert (
        browser.post(
            reverse("facility:customerobject_undo", args=[unreadable_object.pk, now.version])
        ).status_code
        == 302
    )
    found = CustomerObject.objects.get(pk=unreadable_object.pk)
    assert found.name == unreadable_object.name and encryption.is_unreadable(found.key)


def test_an_object_with_unreadable_secrets_can_be_deleted(cast, browser, settings):
    alone = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, key="1")
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert browser.post(page(alone, "remove"), {"version": alone.version}).status_code == 302
    assert not CustomerObject.objects.filter(pk=alone.pk).exists()


def test_secrets_are_readable_again_with_the_key(place, settings):
    kept = list(settings.FIELD_KEYS)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    assert encryption.is_unreadable(CustomerObject.objects.get(pk=place.pk).key)
    settings.FIELD_KEYS = [*settings.FIELD_KEYS, *kept]
    assert CustomerObject.objects.get(pk=place.pk).key == KEY
