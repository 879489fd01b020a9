"""Users over JSON: read only, and without credentials."""

import pytest
from django.contrib.auth.models import Permission

from backoffice.api.dialects import PLAND
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
USERS = "/v2/users/"


@pytest.fixture
def caller(cast, key_of):
    return lambda who, **values: ApiClient(key_of(getattr(cast, who), **values))


def document(user, **values):
    """The document of a user, as seen by a user who cannot create superusers."""
    stamp = PLAND.instant(user.created_at)
    status = {
        "status": 1,
        "createdAt": stamp,
        "createdBy": None,
        "lastModifiedAt": stamp,
        "lastModifiedBy": None,
    }
    return {
        "_id": user.pk, "companyId": user.company_id, "status": status, "username": user.username,
        "firstName": user.username.title(), "lastName": "", "email": f"{user.username}@example.com",
        "customerId": None, "isActive": True, "roles": [], "lastLogin": None, **values,
    }  # fmt: skip


def test_list_users(cast, caller):
    answer = caller("vera").get(USERS)
    assert answer.status_code == 200
    assert answer.json() == [
        document(cast.ada, roles=["Administrator"]),
        document(cast.alice, roles=["Facility staff"]),
        document(cast.sven, roles=["Support staff"]),
        document(cast.vera, roles=["Viewer"]),
        document(cast.rikke, roles=["Reseller"], customerId=cast.reseller.pk),
        document(cast.root),
    ]
    assert [*answer.json()[0]] == [*document(cast.ada)]


LISTED = {
    "name=ad": ["ada"],
    "name=RIKKE rik": ["rikke"],
    "search=alice@example": ["alice"],
    "status=1": ["ada", "alice", "sven", "vera", "rikke", "root"],
    "status=2": [],
    "ids={ada},{root}": ["ada", "root"],
    'ids=["{sven}"]': ["sven"],
    "ids={charlie}": [],
    "sort=username:-1&limit=2": ["vera", "sven"],
    "sort=firstName&offset=4": ["sven", "vera"],
    'generalField={"key": "customerId", "operator": "exists"}': ["rikke"],
    'generalField={"key": "isActive", "operator": "equals", "value": false}': [],
    'generalField={"key": "lastLogin", "operator": "not_exists"}&limit=1': ["ada"],
}


@pytest.mark.parametrize("query", LISTED)
def test_the_list_contains_visible_users_only(query, cast, caller):
    params = query
    for who in ("ada", "sven", "root", "charlie"):
        params = params.replace(f"{{{who}}}", getattr(cast, who).pk)
    answer = caller("alice").get(f"{USERS}?{params}")
    assert answer.status_code == 200, answer.content
    assert [found["username"] for found in answer.json()] == LISTED[query]


@pytest.mark.parametrize("key", ["password", "isSuperuser", "roles", "digest", "is_superuser", "company"])
def test_users_cannot_be_found_by_hidden_properties(key, caller):
    condition = f'{{"key": "{key}", "operator": "exists"}}'
    for query in (f"generalField={condition}", f"sort={key}"):
        answer = caller("root").get(f"{USERS}?{query}")
        assert (answer.status_code, error_fields(answer)) == (400, [query.partition("=")[0]])


def test_get_user(cast, caller):
    vera = caller("vera")
    answer = vera.get(USERS + cast.sven.pk)
    assert (answer.status_code, answer["ETag"]) == (200, '"1"')
    assert answer.json() == document(cast.sven, roles=["Support staff"])
    assert vera.get(USERS + cast.sven.pk, if_none_match=answer["ETag"]).status_code == 304
    for pk in (cast.charlie.pk, "f" * 24, "Self", "me"):
        assert vera.get(USERS + pk).status_code == 404
    assert vera.get(f"{USERS}count").status_code == 404


@pytest.mark.parametrize("who", ["ada", "vera", "rikke", "charlie", "root"])
def test_every_key_can_read_its_owner(who, cast, caller):
    me = getattr(cast, who)
    for scopes in (["people:read"], ["facility:read"], []):
        script = caller(who, scopes=scopes)
        for address in ("self", me.pk, me.pk.upper()):
            answer = script.get(USERS + address)
            assert (answer.status_code, answer.json()["_id"]) == (200, me.pk), address


def test_users_without_the_permission_see_only_themselves(cast, caller):
    for script in (caller("rikke"), caller("ada", scopes=["facility:read"])):
        assert script.get(USERS).status_code == 403
        assert script.get(USERS + cast.sven.pk).status_code == 403


def test_users_of_a_reseller_see_each_other(cast, caller):
    colleague = UserFactory(username="rune", company=cast.company, customer=cast.reseller.pk)
    cast.rikke.user_permissions.set(Permission.objects.filter(codename="view_user"))
    script = caller("rikke")
    assert [found["username"] for found in script.get(USERS).json()] == ["rikke", "rune"]
    assert script.get(USERS + colleague.pk).status_code == 200
    assert script.get(USERS + cast.sven.pk).status_code == 404


def test_only_superusers_see_who_is_a_superuser(cast, caller):
    body = caller("root").get(USERS + cast.root.pk).json()
    assert body["isSuperuser"] is True
    assert caller("root").get(USERS).json()[0]["isSuperuser"] is False
    assert "isSuperuser" not in caller("ada").get(USERS + cast.root.pk).json()


def test_no_response_contains_a_password_or_its_hash(cast, caller):
    for address in ("", "self", cast.ada.pk):
        content = caller("root").get(USERS + address).content.decode()
        assert "password" not in content.lower()
        assert cast.root.password not in content


def test_users_are_read_only_over_json(cast, caller):
    for method, address in (
        ("POST", ""),
        ("PATCH", cast.sven.pk),
        ("PATCH", "self"),
        ("DELETE", cast.sven.pk),
    ):
        answer = caller("ada").send(method, USERS + address, {"firstName": "X"})
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS")
