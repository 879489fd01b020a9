"""Companies, users, customers, keys and roles in the admin."""

import re

import pytest
from django.contrib.auth.models import Group, Permission

from backoffice.admin.tests.pages import address, opened, saved
from backoffice.people import roles
from backoffice.people.models import ApiKey, Company, Contact, Customer, User
from backoffice.people.tests.factories import PASSWORD
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of, log_readings
from backoffice.records.models import History, SecretReading

NEW = "a brand new passphrase"


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


@pytest.mark.slow
def test_a_new_user_has_no_password_until_they_choose_one(ada, cast, client):
    response = saved(
        client, address(User, "add"), username="nina", email="nina@example.com", roles=[roles.VIEWER]
    )
    made = User.objects.get(username="nina")
    assert (made.company_id, made.roles, made.has_usable_password()) == (
        cast.company.pk,
        [roles.VIEWER],
        False,
    )
    assert [(row.via, row.action) for row in history_of(made)] == [("admin", "create")]
    page = client.get(response.url).content.decode()
    assert "has no password yet" in page
    assert address(made, "password") in page


def test_a_password_is_given_on_a_page_of_its_own(ada, cast, client):
    url = address(cast.alice, "password")
    assert url in client.get(address(cast.alice)).content.decode()
    assert b"brand new" not in client.post(url, {"new_password1": NEW, "new_password2": NEW + "r"}).content
    assert (
        b"too common"
        in client.post(url, {"new_password1": "password12", "new_password2": "password12"}).content
    )
    assert User.objects.get(pk=cast.alice.pk).check_password(PASSWORD)
    response = client.post(url, {"new_password1": NEW, "new_password2": NEW})
    assert response.url == address(cast.alice)
    assert User.objects.get(pk=cast.alice.pk).check_password(NEW)
    row = history_of(cast.alice).first()
    assert (row.via, row.user_id, [entry["property"] for entry in row.changes]) == (
        "admin",
        ada.pk,
        ["password"],
    )
    assert NEW not in str(row.changes)
    assert b"Password: changed (hidden)" in client.get(address(cast.alice, "history")).content


def test_ones_own_password_keeps_one_signed_in(ada, client):
    assert (
        client.post(address(ada, "password"), {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    )
    assert client.get("/admin/").status_code == 200


def test_nobody_reaches_for_more_than_they_hold(ada, cast, client):
    url = address(cast.root, "password")
    response = client.post(url, {"new_password1": NEW, "new_password2": NEW})
    assert b"This user has more permissions than you." in response.content
    assert User.objects.get(pk=cast.root.pk).check_password(PASSWORD)
    assert "is_superuser" not in opened(client, address(cast.alice))
    sent = opened(client, address(cast.alice)) | {"is_superuser": "on", "password": "x"}
    assert client.post(address(cast.alice), sent).status_code == 302
    kept = User.objects.get(pk=cast.alice.pk)
    assert (kept.is_superuser, kept.version) == (False, cast.alice.version)
    assert client.get(address(cast.charlie, "password")).status_code == 404
    assert client.post(address(cast.charlie, "password"), {"new_password1": NEW}).status_code == 404


def test_passwords_are_for_who_may_change_users(cast, client):
    cast.vera.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    client.force_login(cast.vera)
    assert client.get(address(cast.alice)).status_code == 200
    assert client.get(address(cast.alice, "password")).status_code == 403
    sent = {"new_password1": NEW, "new_password2": NEW}
    assert client.post(address(cast.alice, "password"), sent).status_code == 403
    assert User.objects.get(pk=cast.alice.pk).check_password(PASSWORD)


def test_a_superuser_makes_superusers(cast, client):
    client.force_login(cast.root)
    saved(client, address(cast.alice), is_superuser="on")
    assert User.objects.get(pk=cast.alice.pk).is_superuser


def test_users_are_not_listed_by_their_passwords(ada, client):
    for query in ("password__startswith=md5", "password=x", "is_superuser__exact=1"):
        assert client.get(f"{address(User, '')}?{query}").status_code == 400, query
    assert b"md5$" not in client.get(address(ada)).content


@pytest.mark.slow
def test_a_key_is_shown_once(ada, client):
    sent = {
        "name": "night script",
        "owner": ada.pk,
        "scopes": ["facility:read"],
        "expires_at": "2030-01-01T00:00",
    }
    response = saved(client, address(ApiKey, "add"), **sent)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    secret = re.search(r'value="(ck_[^"]+)"', response.content.decode())[1]
    key = ApiKey.find(secret)
    assert (key.name, key.owner_id, key.scopes, key.company_id) == (
        "night script",
        ada.pk,
        ["facility:read"],
        ada.company_id,
    )
    assert [(row.via, row.action) for row in history_of(key)] == [("admin", "create")]
    for url in (address(key), address(key, "history"), address(ApiKey, ""), "/admin/"):
        page = client.get(url).content.decode()
        assert secret not in page, url
        assert key.digest not in page, url
    response = saved(client, address(key), name="day script")
    assert response.status_code == 302
    assert ApiKey.find(secret).name == "day script"


def test_a_key_for_somebody_who_may_do_more_is_refused(ada, cast, client):
    response = saved(client, address(ApiKey, "add"), name="sly", owner=cast.root.pk, scopes=["people:write"])
    assert b"You cannot create a key for this user." in response.content
    assert not ApiKey.objects.filter(name="sly").exists()


def test_ones_own_company_can_be_renamed_and_nothing_more(ada, cast, client):
    saved(client, address(cast.company), name="Hansen Service og Søn A/S")
    assert Company.objects.get(pk=cast.company.pk).name == "Hansen Service og Søn A/S"
    assert client.get(address(Company, "add")).status_code == 403
    assert client.post(address(cast.company, "delete"), {"post": "yes"}).status_code == 403
    client.post(
        address(Company, ""),
        {"action": "delete_selected", "_selected_action": cast.company.pk, "post": "yes"},
    )
    assert Company.objects.filter(pk=cast.company.pk).exists()
    client.force_login(cast.root)
    saved(client, address(Company, "add"), name="Third ApS")
    assert history_of(Company.objects.get(name="Third ApS")).get().via == "admin"


@pytest.mark.slow
def test_customers_and_contacts(ada, cast, records, client):
    saved(
        client,
        address(Customer, "add"),
        name="Ny Kunde ApS",
        parent_reseller=cast.reseller.pk,
        address_city="Vejle",
    )
    made = Customer.objects.get(name="Ny Kunde ApS")
    assert (made.company_id, made.parent_reseller_id) == (cast.company.pk, cast.reseller.pk)
    response = saved(client, address(Contact, "add"), first_name="Kun")
    assert b"Give a first and a last name, or an e-mail address." in response.content
    saved(client, address(records.contact), role="Vicevært")
    assert Contact.objects.get(pk=records.contact.pk).role == "Vicevært"
    offered = client.get(address(records.contact)).content.decode()
    assert str(cast.resold) in offered
    assert str(records.their_customer) not in offered


def test_roles_are_for_superusers_and_stay_while_somebody_holds_them(ada, cast, client):
    held, free = Group.objects.get(name=roles.VIEWER), Group.objects.create(name="Nobody's")
    pages = (address(Group, ""), address(Group, "add"), address(held), address(held, "delete"))
    for url in pages:
        assert client.get(url).status_code == 403, url
    client.force_login(cast.root)
    assert [client.get(url).status_code for url in pages] == [200, 200, 200, 403]
    assert client.get(f"{address(Group, '')}?q=view").context["cl"].result_count == 1
    assert client.get("/admin/auth/group/999999/change/").status_code == 404
    assert client.get(address(held, "history")).status_code == 404
    saved(client, address(free), name="Somebody's")
    client.post(address(free, "delete"), {"post": "yes"})
    assert not Group.objects.filter(pk=free.pk).exists()


@pytest.mark.slow
def test_the_history_of_a_company(ada, cast, records, client):
    saved(client, address(records.complaint), priority="3")
    url = address(History, "")
    listed = client.get(url).content.decode()
    assert str(records.complaint) in listed
    assert str(records.their_customer) not in listed
    row = history_of(records.complaint).first()
    page = client.get(address(row)).content.decode()
    assert "Priority: from “Low” to “High”" in page
    assert address(records.complaint) in page

    def count(query):
        return client.get(f"{url}?{query}").context["cl"].result_count

    assert count("via__exact=admin") == 1 == count(f"who={ada.pk}")
    assert count("who=-") > 5
    assert count("kind=facility.complaint") == 2 == count("q=lampen")
    assert count("q=zunft") == 0 == count("kind=nonsense")
    theirs = history_of(records.their_complaint).first()
    assert client.get(address(theirs)).status_code == 404
    assert client.post(address(row), {"who": "Someone"}).status_code == 403
    assert client.post(address(row, "delete"), {"post": "yes"}).status_code == 403
    for query in ("changes__contains=Low", "user_id=x", "company=x"):
        assert client.get(f"{url}?{query}").status_code == 400, query
    client.force_login(cast.root)
    assert str(records.their_customer) in client.get(f"{url}?q=zunft").content.decode()
    assert client.get(address(theirs)).status_code == 200


def test_people_from_outside_read_no_history(cast, records, client):
    cast.rikke.user_permissions.set(Permission.objects.filter(codename__in=["enter_admin", "view_history"]))
    client.force_login(cast.rikke)
    assert client.get(address(History, "")).context["cl"].result_count == 0
    assert client.get(address(history_of(records.case).first())).status_code == 404


def test_who_was_shown_secrets(ada, cast, records, client):
    place = services.update(
        records.object, {"key": "key-marker"}, actor=cast.alice, context=ChangeContext(Channel.BROWSER)
    ).record
    log_readings([place], cast.alice, ChangeContext(Channel.BROWSER, "request-9"))
    reading = SecretReading.objects.get()
    listed = client.get(address(SecretReading, "")).content.decode()
    assert address(reading) in listed
    page = client.get(address(reading)).content.decode()
    assert "request-9" in page
    assert ">key<" in page
    assert "marker" not in page
    assert client.post(address(reading, "delete"), {"post": "yes"}).status_code == 403
    client.force_login(cast.alice)
    assert client.get(address(reading)).status_code == 403
