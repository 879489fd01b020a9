"""Access to the administration, and its contents."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission

from backoffice.admin.tests.pages import admin_url, save_form
from backoffice.mail.models import Delivery
from backoffice.mail.tests.factories import MailSenderFactory, MailTemplateFactory
from backoffice.people.models import SCOPES
from backoffice.records.idempotency import IdempotencyKey
from backoffice.records.key_fingerprints import KeyFingerprint
from backoffice.records.models import Entity
from backoffice.records.tests.parameters import deep_only
from backoffice.workplace.models import Preferences
from backoffice.workplace.tests.factories import CannedAnswerFactory
from facility.models import Complaint

OURS = {"jobs", "mail", "records", "workplace", *(scope.partition(":")[0] for scope in SCOPES)}


def test_every_model_is_registered():
    models = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    # These two contain hashes and belong to no company.
    # Preferences are personal. The page of a record shows its e-mails.
    assert models - set(admin.site._registry) == {IdempotencyKey, KeyFingerprint, Preferences, Delivery}
    assert not {model for model in admin.site._registry if model._meta.app_label not in (*OURS, "auth")}


def test_anonymous_users_are_redirected_to_the_sign_in_page(client, db):
    response = client.get("/admin/facility/complaint/?q=lamp")
    assert response.status_code == 302
    assert response.url == "/admin/login/?next=/admin/facility/complaint/%3Fq%3Dlamp"
    response = client.get(response.url)
    assert (response.status_code, response.url) == (
        302,
        "/sign-in?next=/admin/facility/complaint/%3Fq%3Dlamp",
    )


@pytest.mark.parametrize("who", ["alice", "sven", "vera", "rikke", "charlie"])
def test_users_without_access_get_403(cast, records, client, who):
    client.force_login(getattr(cast, who))
    for url in ("/admin/", "/admin/login/", "/admin/facility/", admin_url(Complaint, ""), admin_url(records.complaint),
                admin_url(records.complaint, "delete"), "/admin/jsi18n/", "/admin/nowhere/"):  # fmt: skip
        assert client.get(url).status_code == 403, url
    assert client.post(admin_url(records.complaint), {"priority": "4"}).status_code == 403
    assert Complaint.objects.get(pk=records.complaint.pk).version == 1


def test_users_see_the_models_they_have_permission_for(cast, records, client):
    client.force_login(cast.ada)
    page = client.get("/admin/").content.decode()
    assert "/admin/facility/complaint/" in page
    assert "/admin/auth/group/" not in page
    assert "/admin/records/numberseries/" not in page
    client.force_login(cast.root)
    page = client.get("/admin/").content.decode()
    assert "/admin/auth/group/" in page
    assert "/admin/records/numberseries/" in page
    assert client.get("/admin/login/").url == "/admin/"


def test_permissions_are_checked_for_each_page(cast, records, client):
    """A user who may enter the administration but has no other permission sees no page and no history."""
    cast.vera.user_permissions.add(Permission.objects.get(codename="enter_admin"))
    client.force_login(cast.vera)
    assert "You do not have permission to view the history." in client.get("/admin/").content.decode()
    assert client.get(admin_url(records.complaint)).status_code == 200
    assert client.get(admin_url(Complaint, "add")).status_code == 403
    assert client.get(admin_url(records.complaint, "delete")).status_code == 403
    assert client.post(admin_url(records.complaint, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(admin_url(records.complaint), {"priority": "4"}).status_code == 403
    assert client.get("/admin/records/history/").status_code == 403
    assert client.get("/admin/people/apikey/").status_code == 403
    assert client.get(f"/admin/people/apikey/{'0' * 24}/change/").status_code == 403


def test_recent_changes_are_limited_to_the_company(cast, records, client):
    client.force_login(cast.ada)
    save_form(client, admin_url(records.complaint), priority="3")
    page = client.get("/admin/").content.decode()
    assert str(records.complaint) in page
    assert str(records.their_complaint) not in page
    assert LogEntry.objects.count() == 0


def test_djangos_own_write_paths_are_disabled(cast, client):
    client.force_login(cast.root)
    assert client.get("/admin/password_change/").url == "/account/password"
    assert client.get("/admin/password_change/done/").url == "/admin/"
    query = "app_label=facility&model_name=complaint&field_name=object&term=a"
    assert client.get(f"/admin/autocomplete/?{query}").status_code == 404


@deep_only
def test_pages_follow_the_content_security_policy(cast, records, client, key_of):
    key_of(cast.ada)
    CannedAnswerFactory(company=cast.company)
    MailTemplateFactory(company=cast.company)
    MailSenderFactory(company=cast.company)
    client.force_login(cast.root)
    urls = ["/admin/", "/admin/facility/", admin_url(cast.ada, "password")]
    for model in admin.site._registry:
        urls.append(admin_url(model, ""))
        if issubclass(model, Entity):
            urls.append(admin_url(model, "add"))
            urls += [
                admin_url(model._default_manager.first(), page) for page in ("change", "history", "delete")
            ]
    for url in urls:
        response = client.get(url)
        assert response.status_code == 200, url
        assert "script-src 'self'; " in f"{response['Content-Security-Policy']}; "
        page = response.content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), url
