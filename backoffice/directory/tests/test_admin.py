"""Companies, users, customers, keys and roles in the admin."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission

from backoffice.admin.tests.pages import admin_url, open_admin_form, run_action, save_form
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people import roles
from backoffice.people.models import ApiKey, Company, Contact, Customer, User
from backoffice.people.tests.factories import PASSWORD, ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields import now
from backoffice.records.history import history_of, log_secret_access
from backoffice.records.models import ARCHIVED, History, SecretReading

NEW = "a brand new passphrase"


@pytest.fixture
def ada(cast, client):
    client.force_login(cast.ada)
    return cast.ada


@pytest.mark.slow
def test_a_new_user_has_no_password(ada, cast, client):
    response = save_form(
        client, admin_url(User, "add"), username="nina", email="nina@example.com", roles=[roles.VIEWER]
    )
    made = User.objects.get(username="nina")
    assert (made.company_id, made.roles, made.has_usable_password()) == (
        cast.company.pk,
        [roles.VIEWER],
        False,
    )
    assert [(row.via, row.action) for row in history_of(made)] == [("admin", "create")]
    page = BeautifulSoup(client.get(response.url).content, "lxml")
    assert [line["class"] for line in page.select(".messagelist li")] == [["success"], ["warning"]]
    warning = page.select_one(".messagelist .warning")
    assert "has no password yet. Send an invitation, or set one." in warning.text
    links = [link["href"] for link in warning.select("a")]
    assert links == [f"/users/{made.pk}", admin_url(made, "password")]
    response = save_form(client, admin_url(User, "add"), username="nobody", roles=[roles.VIEWER])
    assert "no e-mail address for a link" in client.get(response.url).content.decode()


@pytest.mark.parametrize("url", ["/users/new", "/admin/people/user/add/"])
def test_the_form_says_how_a_new_user_gets_a_password(url, ada, client):
    assert (
        "New users have no password. When you have created the user, send an invitation"
        in client.get(url).content.decode()
    )
    assert "New users" not in client.get(admin_url(ada)).content.decode()


def test_a_password_is_set_on_a_separate_page(ada, cast, client):
    url = admin_url(cast.alice, "password")
    assert url in client.get(admin_url(cast.alice)).content.decode()
    assert b"brand new" not in client.post(url, {"new_password1": NEW, "new_password2": NEW + "r"}).content
    assert (
        b"too common"
        in client.post(url, {"new_password1": "password12", "new_password2": "password12"}).content
    )
    assert User.objects.get(pk=cast.alice.pk).check_password(PASSWORD)
    response = client.post(url, {"new_password1": NEW, "new_password2": NEW})
    assert response.url == admin_url(cast.alice)
    assert User.objects.get(pk=cast.alice.pk).check_password(NEW)
    row = history_of(cast.alice).first()
    assert (row.via, row.user_id, [entry["property"] for entry in row.changes]) == (
        "admin",
        ada.pk,
        ["password"],
    )
    assert NEW not in str(row.changes)
    assert b"Password: changed (hidden)" in client.get(admin_url(cast.alice, "history")).content


def test_changing_the_own_password_keeps_the_session(ada, client):
    assert (
        client.post(admin_url(ada, "password"), {"new_password1": NEW, "new_password2": NEW}).status_code
        == 302
    )
    assert client.get("/admin/").status_code == 200


def test_users_cannot_grant_more_than_they_have(ada, cast, client):
    url = admin_url(cast.root, "password")
    response = client.post(url, {"new_password1": NEW, "new_password2": NEW})
    assert b"This user has more permissions than you." in response.content
    assert User.objects.get(pk=cast.root.pk).check_password(PASSWORD)
    assert "is_superuser" not in open_admin_form(client, admin_url(cast.alice))
    sent = open_admin_form(client, admin_url(cast.alice)) | {"is_superuser": "on", "password": "x"}
    assert client.post(admin_url(cast.alice), sent).status_code == 302
    kept = User.objects.get(pk=cast.alice.pk)
    assert (kept.is_superuser, kept.version) == (False, cast.alice.version)
    assert client.get(admin_url(cast.charlie, "password")).status_code == 404
    assert client.post(admin_url(cast.charlie, "password"), {"new_password1": NEW}).status_code == 404


def test_setting_passwords_requires_the_permission_to_change_users(cast, client):
    cast.vera.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    client.force_login(cast.vera)
    assert client.get(admin_url(cast.alice)).status_code == 200
    assert client.get(admin_url(cast.alice, "password")).status_code == 403
    sent = {"new_password1": NEW, "new_password2": NEW}
    assert client.post(admin_url(cast.alice, "password"), sent).status_code == 403
    assert User.objects.get(pk=cast.alice.pk).check_password(PASSWORD)


def test_only_superusers_appoint_superusers(cast, client):
    client.force_login(cast.root)
    save_form(client, admin_url(cast.alice), is_superuser="on")
    assert User.objects.get(pk=cast.alice.pk).is_superuser


def test_users_cannot_be_filtered_by_password(ada, client):
    for query in ("password__startswith=md5", "password=x", "is_superuser__exact=1"):
        assert client.get(f"{admin_url(User, '')}?{query}").status_code == 400, query
    assert b"md5$" not in client.get(admin_url(ada)).content


@pytest.mark.slow
def test_a_key_is_shown_once(ada, client):
    sent = {
        "name": "night script",
        "owner": ada.pk,
        "scopes": ["facility:read"],
        "expires_at": "2030-01-01T00:00",
    }
    response = save_form(client, admin_url(ApiKey, "add"), **sent)
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
    for url in (admin_url(key), admin_url(key, "history"), admin_url(ApiKey, ""), "/admin/"):
        page = client.get(url).content.decode()
        assert secret not in page, url
        assert key.digest not in page, url
    response = save_form(client, admin_url(key), name="day script")
    assert response.status_code == 302
    assert ApiKey.find(secret).name == "day script"


def test_the_list_says_which_keys_work(ada, cast, client):
    def add(name, **values):
        return ApiKeyFactory(name=name, owner=cast.alice.pk, company=cast.company, **values)

    add("good", expires_at=now() + timedelta(days=1))
    add("old", expires_at=now() - timedelta(days=1))
    withdrawn = add("gone")
    run_action(client, [withdrawn], "archive")
    add("lasting", scopes=["supportdesk:read"])
    listed = client.get(admin_url(ApiKey, "")).content
    rows = {
        row.select_one(".field-name").get_text(strip=True): row.select_one(".field-state").get_text(
            strip=True
        )
        for row in BeautifulSoup(listed, "lxml").select("#result_list tbody tr")
    }
    assert rows == {"good": "Active", "old": "Expired", "gone": "Revoked", "lasting": "Active"}
    assert b"supportdesk:read" not in listed and b"Support: read" in listed
    for row in BeautifulSoup(client.get("/api-keys").content, "lxml").select("table tbody tr"):
        name = next(name for name in rows if name in row.get_text())
        shown = [word for word in ("Expired", "Revoked") if word in row.get_text()]
        assert shown == [word for word in (rows[name],) if word != "Active"], name
    for value, word in (("1", "Active"), ("expired", "Expired"), ("2", "Revoked")):
        answer = client.get(f"{admin_url(ApiKey, '')}?status__exact={value}")
        names = {key.name for key in answer.context["cl"].result_list}
        assert names == {name for name, state in rows.items() if state == word}, word
    actions = BeautifulSoup(listed, "lxml").select("select[name=action] option")
    assert [each["value"] for each in actions] == ["", "archive", "delete_selected"]


@pytest.mark.parametrize("url", ["/api-keys/new", "/admin/people/apikey/add/"])
def test_a_key_needs_a_scope(url, ada, client):
    page = client.get(url).content
    assert "never do more than its owner" in page.decode()
    sent = form_data(record_form(page)) | {"name": "idle", "owner": ada.pk}
    refused = client.post(url, sent)
    assert refused.status_code == 200 and "Select at least one scope." in refused.content.decode()
    assert not ApiKey.objects.filter(name="idle").exists()


@pytest.mark.parametrize("url", ["/api-keys/new", "/admin/people/apikey/add/"])
def test_the_page_of_a_new_key_offers_to_copy_it(url, ada, client):
    page = BeautifulSoup(client.get(url).content, "lxml")
    assert not page.select("[name=_addanother], [name=_continue]")
    sent = form_data(record_form(client.get(url).content)) | {
        "name": "x",
        "owner": ada.pk,
        "scopes": ["people:read"],
    }
    page = BeautifulSoup(client.post(url, sent).content, "lxml")
    button = page.select_one("button[data-copy-from]")
    assert button.has_attr("hidden") and page.find(id=button["data-copy-from"])["value"].startswith("ck_")
    if url.startswith("/admin"):
        crumbs = [link["href"] for link in page.select(".breadcrumbs a")]
        assert crumbs == ["/admin/", "/admin/people/apikey/", admin_url(ApiKey.objects.get(name="x"))]


def test_a_key_for_a_user_with_more_rights_is_refused(ada, cast, client):
    response = save_form(
        client, admin_url(ApiKey, "add"), name="sly", owner=cast.root.pk, scopes=["people:write"]
    )
    assert b"You cannot create a key for this user." in response.content
    assert not ApiKey.objects.filter(name="sly").exists()


def test_the_own_company_can_only_be_renamed(ada, cast, client):
    save_form(client, admin_url(cast.company), name="Hansen Service og Søn A/S")
    assert Company.objects.get(pk=cast.company.pk).name == "Hansen Service og Søn A/S"
    assert client.get(admin_url(Company, "add")).status_code == 403
    assert client.post(admin_url(cast.company, "delete"), {"post": "yes"}).status_code == 403
    client.post(
        admin_url(Company, ""),
        {"action": "delete_selected", "_selected_action": cast.company.pk, "post": "yes"},
    )
    assert Company.objects.filter(pk=cast.company.pk).exists()
    client.force_login(cast.root)
    save_form(client, admin_url(Company, "add"), name="Third ApS")
    assert history_of(Company.objects.get(name="Third ApS")).get().via == "admin"


@pytest.mark.slow
def test_customers_and_contacts(ada, cast, records, client):
    save_form(
        client,
        admin_url(Customer, "add"),
        name="Ny Kunde ApS",
        parent_reseller=cast.reseller.pk,
        address_city="Vejle",
    )
    made = Customer.objects.get(name="Ny Kunde ApS")
    assert (made.company_id, made.parent_reseller_id) == (cast.company.pk, cast.reseller.pk)
    response = save_form(client, admin_url(Contact, "add"), first_name="Kun")
    assert b"Enter a first and a last name, or an e-mail address." in response.content
    save_form(client, admin_url(records.contact), role="Vicevært")
    assert Contact.objects.get(pk=records.contact.pk).role == "Vicevært"
    offered = client.get(admin_url(records.contact)).content.decode()
    assert str(cast.resold) in offered
    assert str(records.their_customer) not in offered


@pytest.mark.slow
def test_the_history_of_a_company(ada, cast, records, client):
    save_form(client, admin_url(records.complaint), priority="3")
    url = admin_url(History, "")
    listed = client.get(url).content.decode()
    assert str(records.complaint) in listed
    assert str(records.their_customer) not in listed
    row = history_of(records.complaint).first()
    page = client.get(admin_url(row)).content.decode()
    assert "Priority: from “Low” to “High”" in page
    assert admin_url(records.complaint) in page
    for shown in (page, client.get(admin_url(records.complaint, "history")).content.decode()):
        link = BeautifulSoup(shown, "lxml").find("a", string="Open in Caretaker")
        assert link["href"] == f"/complaints/{records.complaint.pk}"

    def count(query):
        return client.get(f"{url}?{query}").context["cl"].result_count

    assert count("via__exact=admin") == 1 == count(f"who={ada.pk}")
    assert count("who=-") > 5
    assert count("kind=facility.complaint") == 2 == count("q=lampen")
    assert count("q=zunft") == 0 == count("kind=nonsense")
    theirs = history_of(records.their_complaint).first()
    assert client.get(admin_url(theirs)).status_code == 404
    assert client.post(admin_url(row), {"who": "Someone"}).status_code == 403
    assert client.post(admin_url(row, "delete"), {"post": "yes"}).status_code == 403
    for query in ("changes__contains=Low", "user_id=x", "company=x"):
        assert client.get(f"{url}?{query}").status_code == 400, query
    client.force_login(cast.root)
    assert str(records.their_customer) in client.get(f"{url}?q=zunft").content.decode()
    assert client.get(admin_url(theirs)).status_code == 200


def test_users_of_customers_cannot_read_the_history(cast, records, client):
    cast.rikke.user_permissions.set(Permission.objects.filter(codename__in=["enter_admin", "view_history"]))
    client.force_login(cast.rikke)
    assert client.get(admin_url(History, "")).context["cl"].result_count == 0
    assert client.get(admin_url(history_of(records.case).first())).status_code == 404


def test_the_access_log_lists_readers_of_secrets(ada, cast, records, client):
    place = services.update(
        records.object, {"key": "key-marker"}, actor=cast.alice, context=ChangeContext(Channel.BROWSER)
    ).record
    log_secret_access([place], cast.alice, ChangeContext(Channel.BROWSER, "request-9"))
    reading = SecretReading.objects.get()
    listed = client.get(admin_url(SecretReading, "")).content.decode()
    assert admin_url(reading) in listed
    listed = BeautifulSoup(listed, "lxml")
    assert [cell.get_text() for cell in listed.select("#result_list .field-property_labels")] == ["key"]
    assert "Shown" in listed.select_one("#result_list thead").get_text()
    types = [link.get_text(strip=True) for link in listed.select("[data-filter-title=type] li")]
    assert types == ["All", "Customer object"]
    page = client.get(admin_url(reading)).content.decode()
    assert "request-9" in page
    assert ">key<" in page
    assert "marker" not in page
    assert client.post(admin_url(reading, "delete"), {"post": "yes"}).status_code == 403
    client.force_login(cast.alice)
    assert client.get(admin_url(reading)).status_code == 403


def test_history_entries_of_every_record_type_open(cast, client):
    client.force_login(cast.ada)
    client.post("/canned-answers/new", {"title": "Thanks", "text": "We come on Monday.", "status": "1"})
    entry = History.objects.get(record_type="workplace.cannedanswer")
    page = client.get(admin_url(entry)).content.decode()
    assert f"/admin/workplace/cannedanswer/{entry.record_id}/change/" in page
    assert client.get(f"/admin/workplace/cannedanswer/{entry.record_id}/change/").status_code == 200


def test_an_archived_user_is_shown_as_archived(ada, cast, client):
    """The list, its filter and the form agree, whatever the box Active says."""
    services.update(cast.vera, {"status": ARCHIVED}, actor=cast.ada, context=ChangeContext(Channel.COMMAND))
    found = {
        state: {
            user.username
            for user in client.get(f"{admin_url(User, '')}?state={state}").context["cl"].queryset
        }
        for state in ("active", "inactive", "archived")
    }
    assert found["archived"] == {"vera"} and not found["inactive"] and "alice" in found["active"]
    assert (
        "This user is archived, and cannot sign in either way."
        in client.get(admin_url(cast.vera)).content.decode()
    )
    assert "This user is archived" not in client.get(admin_url(cast.alice)).content.decode()
