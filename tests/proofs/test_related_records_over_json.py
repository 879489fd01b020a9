"""Access to customers, contacts and articles over JSON."""

from dataclasses import dataclass

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.api.tests.clients import ApiClient
from backoffice.people.tests.factories import ApiKeyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records.tests.parameters import deep_only
from facility.tests.factories import ArticleFactory
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Kind:
    """An address, a new document and a text property; and the status for each of the cast when they list,
    create, read, update and delete."""

    url: str
    new: dict
    text: str
    answers: dict[str, tuple[int, ...]]
    stranger: str
    area: str = "people"

    def __str__(self):
        return self.url


ALL, LOOK, NONE, MISSING = (
    (200, 201, 200, 200, 204),
    (200, 403, 200, 403, 403),
    (403,) * 5,
    (200, 201, 404, 404, 404),
)
KINDS = [
    Kind(
        "/v2/customers", {"name": "A"}, "phone",
        {"ada": ALL, "alice": ALL, "sven": ALL, "vera": LOOK, "rikke": (200, 403, 404, 404, 404), "charlie": MISSING},
        "their_customer",
    ),
    Kind(
        "/v2/contacts", {"email": "a@x.dk"}, "phone",
        {"ada": ALL, "alice": ALL, "sven": ALL, "vera": LOOK, "rikke": NONE, "charlie": MISSING},
        "their_contact",
    ),
    Kind(
        "/v2/articles", {"name": "A"}, "unit",
        {"ada": ALL, "alice": ALL, "sven": NONE, "vera": LOOK, "rikke": NONE, "charlie": MISSING},
        "their_article", area="facility",
    ),
]  # fmt: skip
each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


def delete(caller, url):
    """Delete a record; archive a customer first."""
    if "/customers/" in url:
        caller.patch(url, {"status": {"status": 2}})
    return caller.send("DELETE", url).status_code


def statuses_of(caller, kind, url) -> tuple[int, ...]:
    """Return the statuses of a caller who does everything with the record at `url`."""
    return (
        caller.get(kind.url).status_code,
        caller.post(kind.url, kind.new).status_code,
        caller.get(url).status_code,
        caller.patch(url, {kind.text: "changed"}).status_code,
        delete(caller, url),
    )


@each_kind
def test_operations_require_their_permissions(kind, cast, records, key_of):
    ada = ApiClient(key_of(cast.ada))
    for who, answers in kind.answers.items():
        url = ada.post(kind.url, kind.new)["Location"]
        assert statuses_of(ApiClient(key_of(getattr(cast, who))), kind, url) == answers, who


@each_kind
def test_other_companies_records_do_not_exist(kind, cast, records, key_of):
    ada, stranger = ApiClient(key_of(cast.ada)), getattr(records, kind.stranger).pk
    assert statuses_of(ada, kind, f"{kind.url}/{stranger}")[2:] == (404, 404, 404)
    assert stranger not in ada.get(kind.url).content.decode()
    assert ada.get(f"{kind.url}?ids={stranger}").json() == []


@each_kind
def test_a_key_is_limited_to_its_scopes(kind, cast, records, key_of):
    url = ApiClient(key_of(cast.ada)).post(kind.url, kind.new)["Location"]
    assert statuses_of(ApiClient(key_of(cast.ada, scopes=[f"{kind.area}:read"])), kind, url) == LOOK
    assert statuses_of(ApiClient(key_of(cast.ada, scopes=[f"{kind.area}:write"])), kind, url)[0] == 403
    assert (
        statuses_of(ApiClient(key_of(cast.ada, scopes=["supportdesk:write", "supportdesk:read"])), kind, url)
        == NONE
    )
    assert statuses_of(ApiClient(None), kind, url) == (401,) * 5


@each_kind
def test_users_without_company_cannot_create_records(kind, cast, key_of):
    nomad = UserFactory(username="nomad", is_superuser=True)
    assert ApiClient(key_of(nomad)).post(kind.url, kind.new).status_code == 403


def test_a_resellers_users_see_their_own_and_resold_customers(cast, records, key_of):
    rikke = ApiClient(key_of(cast.rikke))
    CustomerFactory(company=cast.company, name="Somebody else's")
    assert [one["_id"] for one in rikke.get("/v2/customers").json()] == [cast.reseller.pk, cast.resold.pk]
    assert rikke.get("/v2/customers/count?name=somebody").json() == {"count": 0}
    assert rikke.get("/v2/customers/lastNumber").json() == {"lastNumber": 2}


@pytest.mark.parametrize(
    "url",
    ["/v2/users", "/v2/customers", "/v2/contacts", "/v2/articles", "/v2/api_key", "/iptv/supportcase"],
)
@deep_only
def test_a_long_list_takes_as_many_queries_as_a_short_one(url, cast, records, key_of):
    ada = ApiClient(key_of(cast.ada))

    def queries():
        with CaptureQueriesContext(connection) as context:
            assert ada.get(url).status_code == 200
        return len(context)

    ada.get(url)
    short = queries()
    company = cast.company
    for _nth in range(5):
        UserFactory(company=company, roles=["Viewer"], customer=cast.reseller.pk)
        CustomerFactory(company=company, parent_reseller=cast.reseller.pk)
        ContactFactory(company=company, customer=cast.resold.pk)
        ArticleFactory(company=company)
        ApiKeyFactory(company=company, owner=cast.sven.pk)
        SupportCaseFactory(
            company=company, customer=cast.resold.pk, employee=cast.rikke.pk, private_information="x",
            files=[{"url": "https://example.com/1.png"}],
            comments=[{"comment": "Hej", "files": [{"url": "https://example.com/2.png"}]}] * 2,
        )  # fmt: skip
    assert queries() == short
