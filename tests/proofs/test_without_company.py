"""Users without a company create no record of a company, through any channel."""

import pytest

from backoffice.api.tests.clients import ApiClient
from backoffice.people.models import Customer
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
        admin = f"/admin/{kind.model._meta.app_label}/{kind.model._meta.model_name}/add/"
        assert [browser.get(admin).status_code, browser.post(admin, {}).status_code] == [403, 403], admin
    place = browser.get(f"/objects/{records.object.pk}").content.decode()
    assert "/complaints/new" not in place
    assert browser.get("/users/new").status_code in (200, 302)  # superusers need no company


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
