"""Superusers without a company choose one for a new record in admin, and for a new user or key; through the other
channels they create no record of a company."""

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin

from backoffice.admin.record_admin import RecordAdmin
from backoffice.admin.tests.pages import admin_url, save_form
from backoffice.api.tests.clients import ApiClient
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people import roles
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.people.tests.factories import UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Forbidden
from backoffice.records.models import Record
from backoffice.web.viewsets import viewsets_visible_to

pytestmark = pytest.mark.django_db
ADDRESSES = [
    "/v2/complaints",
    "/v2/objects",
    "/v2/customers",
    "/v2/contacts",
    "/v2/articles",
    "/iptv/supportcase",
]


@pytest.fixture
def user_without_company(cast):
    return UserFactory(username="lone", is_superuser=True, company=None)


@pytest.mark.slow
def test_no_form_can_be_opened_or_submitted(user_without_company, records, as_user):
    browser = as_user(user_without_company)
    home = browser.get("/").content.decode()
    kinds = [kind for kind in viewsets_visible_to(user_without_company) if issubclass(kind.model, Record)]
    assert len(kinds) == 6
    for kind in kinds:
        address = kind.url("new")
        assert f'href="{address}' not in home, address
        assert browser.get(address).status_code == 403, address
        assert browser.post(address, {"name": "x", "desc": "x"}).status_code == 403, address
        assert f'href="{address}' not in browser.get(kind.url("list")).content.decode(), address
    place = browser.get(f"/objects/{records.object.pk}").content.decode()
    assert "/complaints/new" not in place
    assert browser.get("/users/new").status_code in (200, 302)  # superusers need no company


def test_admin_asks_for_the_company_of_a_new_record(user_without_company, cast, records, as_user):
    browser = as_user(user_without_company)
    tried = 0
    for model, model_admin in admin.site._registry.items():
        if isinstance(model_admin, RecordAdmin) and hasattr(model(), "company_id"):
            page = BeautifulSoup(browser.get(admin_url(model, "add")).content, "lxml")
            options = {option["value"] for option in page.select("#id_company option")}
            assert {cast.company.pk, cast.elsewhere.pk} <= options, model
            tried += 1
    assert tried >= 9
    address = admin_url(Customer, "add")
    refused = save_form(browser, address, name="Nybo ApS")
    assert (
        "This field cannot be blank"
        in BeautifulSoup(refused.content, "lxml").select_one(".field-company").text
    )
    assert save_form(browser, address, name="Nybo ApS", company=cast.elsewhere.pk).status_code == 302
    assert Customer.objects.get(name="Nybo ApS").company_id == cast.elsewhere.pk
    alien = save_form(browser, admin_url(Contact, "add"), first_name="A", last_name="B",
                      company=cast.elsewhere.pk, customer=cast.resold.pk)  # fmt: skip
    assert alien.status_code == 200 and not Contact.objects.filter(first_name="A").exists()
    for nonsense in ("x", "f" * 24):
        assert save_form(browser, address, name="Nybo II", company=nonsense).status_code == 200


@pytest.mark.parametrize("address", ["/users/new", "/admin/people/user/add/"])
def test_a_superuser_without_company_creates_a_user_of_a_company(
    address, user_without_company, cast, as_user
):
    browser = as_user(user_without_company)
    values = {"username": "nina", "email": "nina@example.com", "roles": [roles.VIEWER]}
    form = form_data(record_form(browser.get(address).content))
    refused = browser.post(address, form | values)
    assert "Choose a company" in refused.content.decode() and refused.status_code == 200
    assert browser.post(address, form | values | {"company": cast.company.pk}).status_code == 302
    assert User.objects.get(username="nina").company_id == cast.company.pk


def test_users_with_a_company_choose_none(cast, as_user):
    for user in (cast.ada, cast.root):
        page = as_user(user).get(admin_url(Customer, "add")).content
        assert ("company" in form_data(record_form(page))) == (user.company_id is None)


def test_a_key_belongs_to_the_company_of_its_owner(user_without_company, cast, as_user):
    sent = {"name": "nightly", "owner": cast.charlie.pk, "scopes": ["facility:read"]}
    assert save_form(as_user(user_without_company), admin_url(ApiKey, "add"), **sent).status_code == 200
    assert ApiKey.objects.get(name="nightly").company_id == cast.elsewhere.pk


@pytest.mark.parametrize("address", ADDRESSES)
def test_json_requests_get_an_error(user_without_company, key_of, address):
    answer = ApiClient(key_of(user_without_company)).post(address, {"name": "x"})
    assert answer.status_code == 403
    assert "You belong to no company" in answer.content.decode() or "iptv" in address


def test_the_service_refuses_it(user_without_company, cast):
    context = ChangeContext(Channel.BROWSER)
    with pytest.raises(Forbidden, match="no company"):
        services.create(Customer, {"name": "x"}, actor=user_without_company, context=context)
    made = services.create(
        Customer, {"name": "x"}, actor=user_without_company, context=context, company_id=cast.company.pk
    )
    assert made.record.company_id == cast.company.pk
