"""API keys over JSON: shown once, never stronger than the key that creates them, and expired by id."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.people.models import ApiKey
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.history import history_of

pytestmark = pytest.mark.django_db
ME = "/v2/users/self"
PEOPLE = ["people:read", "people:write"]
FUTURE = "2999-01-01T00:00:00Z"


@pytest.fixture(params=["/v2/api_key", "/v2/apiKeys"])
def url(request):
    """One of the two paths."""
    return request.param


@pytest.fixture
def make_key(cast):
    """`make_key("alice", scopes=…)` returns a key of a user, with its `secret`."""

    def make(who, **values):
        return ApiKeyFactory(owner=getattr(cast, who).pk, company=cast.company, **values)

    return make


@pytest.fixture
def alice(make_key):
    return ApiClient(make_key("alice").secret)


def is_valid(secret) -> bool:
    return ApiClient(secret).get(ME).status_code == 200


def test_list_api_keys(cast, make_key, url):
    key, other = make_key("alice"), make_key("sven")
    answer = ApiClient(key.secret).get(url)
    assert answer.status_code == 200
    (body,) = answer.json()
    used = ApiKey.objects.get(pk=key.pk).last_used_at
    assert [*body] == [
        "_id", "companyId", "status", "name", "ownerId", "prefix", "scopes", "expiresAt", "lastUsedAt",
    ]  # fmt: skip
    assert (body["_id"], body["companyId"], body["name"]) == (key.pk, cast.company.pk, "test script")
    assert (body["ownerId"], body["prefix"], body["expiresAt"]) == (cast.alice.pk, key.prefix, None)
    assert (body["scopes"], body["lastUsedAt"]) == (key.scopes, f"{used:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z")
    everybodys = ApiClient(make_key("ada").secret)
    assert [found["ownerId"] for found in everybodys.get(f"{url}?limit=2").json()] == [
        cast.alice.pk, cast.sven.pk,
    ]  # fmt: skip
    for query, found in ((f"ids={other.pk}", [other.pk]), ("status=2", []), (f"ids[]={'f' * 24}", [])):
        assert [one["_id"] for one in everybodys.get(f"{url}?{query}").json()] == found
    assert error_fields(everybodys.get(f"{url}?owner=x&sort=digest")) == ["owner"]
    assert error_fields(everybodys.get(f"{url}?sort=digest")) == ["sort"]


def test_get_api_key(make_key, alice, url):
    key, stranger = make_key("alice", name="another"), make_key("sven")
    answer = alice.get(f"{url}/{key.pk}")
    assert (answer.status_code, answer["ETag"], answer.json()["name"]) == (200, '"1"', "another")
    for content in (answer.content.decode(), alice.get(url).content.decode()):
        assert key.secret.split("_", 2)[2] not in content
        assert key.digest not in content
    assert alice.get(f"{url}/{stranger.pk}").status_code == 404


def test_create_api_key(cast, alice, url):
    answer = alice.post(url, {"name": "nightly", "scopes": ["facility:read"], "expiresAt": FUTURE})
    assert answer.status_code == 201
    assert [*answer.json()] == ["key"]
    assert (answer["ETag"], answer["Cache-Control"]) == ('"1"', "no-store")
    secret = answer.json()["key"]
    stored = ApiKey.objects.get(name="nightly")
    assert answer["Location"] == f"{url}/{stored.pk}"
    assert secret.startswith(f"ck_{stored.prefix}_")
    assert (stored.owner_id, stored.company_id, stored.scopes) == (
        cast.alice.pk, cast.company.pk, ["facility:read"],
    )  # fmt: skip
    assert alice.get(answer["Location"]).json()["expiresAt"] == FUTURE
    assert is_valid(secret)
    assert ApiClient(secret).get(url).status_code == 403
    (row,) = history_of(stored)
    assert (row.action, row.via, secret.split("_", 2)[2] in str(row.changes)) == ("create", "json", False)


@pytest.mark.parametrize(
    "body", [{"name": "Integration Key"}, {}, b"", {"name": None, "scopes": None, "ownerId": None}]
)
def test_the_documented_request_creates_a_key_like_the_callers(cast, make_key, url, body):
    caller = make_key("alice", scopes=["facility:read", "people:write", "people:read"], expires_at=FUTURE)
    answer = ApiClient(caller.secret).post(url, body)
    assert (answer.status_code, [*answer.json()]) == (201, ["key"])
    secret = answer.json()["key"]
    stored = ApiKey.objects.get(prefix=secret.split("_")[1])
    assert (stored.owner_id, stored.scopes, stored.expires_at) == (
        cast.alice.pk,
        caller.scopes,
        caller.expires_at,
    )
    assert stored.name == ("Integration Key" if body and body["name" if "name" in body else 0] else "API key")
    assert ApiClient(secret).get("/v2/complaints").status_code == 200


def test_an_invalid_new_key_is_refused_by_name(cast, alice, url):
    good = {"name": "nightly", "scopes": ["people:read"]}
    for body, paths in (
        ({"name": "", "scopes": []}, ["name"]),
        (good | {"scopes": ["people:read", "people:everything", 3]}, ["scopes.1", "scopes.2"]),
        (good | {"scopes": "people:read"}, ["scopes"]),
        (good | {"expiresAt": "tomorrow"}, ["expiresAt"]),
        (good | {"ownerId": "f" * 24}, ["ownerId"]),
        (good | {"ownerId": cast.charlie.pk}, ["ownerId"]),
        (good | {"prefix": "ffffffffff"}, ["prefix"]),
        (good | {"digest": "0" * 64}, ["digest"]),
        (good | {"key": "mine"}, ["key"]),
    ):
        answer = alice.post(url, body)
        assert (answer.status_code, sorted(error_fields(answer))) == (400, paths), body
    assert ApiKey.objects.count() == 1


def test_no_key_is_created_for_a_user_with_more_rights(cast, make_key, alice, url):
    ada = ApiClient(make_key("ada").secret)
    body = {"name": "nightly", "scopes": PEOPLE}
    for script, owner, status in (
        (alice, cast.alice, 201),
        (alice, cast.sven, 400),
        (ada, cast.sven, 201),
        (ada, cast.root, 400),
    ):
        answer = script.post(url, body | {"ownerId": owner.pk})
        assert answer.status_code == status
        assert status == 201 or error_fields(answer) == ["ownerId"]


def test_a_key_cannot_create_a_key_with_more_rights(make_key, url):
    narrow = ApiClient(make_key("ada", scopes=PEOPLE).secret)
    answer = narrow.post(url, {"name": "x", "scopes": ["people:read", "facility:read", "supportdesk:write"]})
    assert (answer.status_code, error_fields(answer)) == (400, ["scopes.1", "scopes.2"])
    assert narrow.post(url, {"name": "x", "scopes": PEOPLE}).status_code == 201


def test_a_key_cannot_create_a_key_that_expires_later(make_key, url):
    ends = datetime(2998, 1, 1, tzinfo=timezone.utc)
    brief = ApiClient(make_key("ada", expires_at=ends).secret)
    for given in ({"expiresAt": FUTURE}, {"expiresAt": None}):
        answer = brief.post(url, {"name": "x", "scopes": []} | given)
        assert (answer.status_code, error_fields(answer)) == (400, ["expiresAt"])
    earlier = {"expiresAt": "2990-01-01T00:00:00Z"}
    for given, body in (({}, {"expiresAt": "2998-01-01T00:00:00Z"}), (earlier, earlier)):
        answer = brief.post(url, {"name": "x", "scopes": []} | given)
        assert body.items() <= brief.get(answer["Location"]).json().items()


def test_rotate_api_key(make_key, alice, url):
    key = make_key("alice", name="nightly")
    before = alice.get(f"{url}/{key.pk}").json()
    answer = alice.send("PATCH", f"{url}/{key.pk}", content_type="")
    assert (answer.status_code, [*answer.json()]) == (200, ["key"])
    assert (answer["ETag"], answer["Cache-Control"]) == ('"2"', "no-store")
    secret = answer.json()["key"]
    assert (is_valid(key.secret), is_valid(secret)) == (False, True)
    after = alice.get(f"{url}/{key.pk}").json()
    assert after["prefix"] != before["prefix"]
    same = {name: after[name] for name in after if name not in ("prefix", "status", "lastUsedAt")}
    assert same == {name: before[name] for name in same}
    (row, _made) = history_of(key)
    assert (row.action, row.via, secret.split("_", 2)[2] in str(row.changes)) == ("rotate", "json", False)
    assert alice.patch(f"{url}/{key.pk}", {}, if_match='"2"')["ETag"] == '"3"'


def test_rotation_accepts_an_empty_body_only(make_key, alice, url):
    key = make_key("alice")
    for body, content_type, status in (
        ({"name": "other"}, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 400),
        (b"\xff", "application/json", 400),
        (b" ", "application/json", 400),
    ):
        answer = alice.send("PATCH", f"{url}/{key.pk}", body, content_type=content_type)
        assert answer.status_code == status, body
    assert alice.patch(f"{url}/{key.pk}", {}, if_match='"7"').status_code == 412
    assert is_valid(key.secret)


def test_a_key_may_rotate_and_expire_itself(make_key, url):
    key, veras = make_key("alice"), make_key("vera")
    secret = ApiClient(key.secret).patch(f"{url}/{key.pk}", {}).json()["key"]
    assert (is_valid(key.secret), is_valid(secret)) == (False, True)
    assert ApiClient(secret).send("DELETE", f"{url}/{key.pk}").status_code == 204
    assert not is_valid(secret)
    assert ApiClient(veras.secret).patch(f"{url}/{veras.pk}", {}).status_code == 403


def test_a_stronger_key_cannot_be_rotated(make_key, url):
    roots, broad = make_key("root"), make_key("ada")
    lasting = make_key("ada", scopes=PEOPLE)
    narrow = ApiClient(
        make_key("ada", scopes=PEOPLE, expires_at=datetime(2998, 1, 1, tzinfo=timezone.utc)).secret
    )
    for script, key in ((ApiClient(broad.secret), roots), (narrow, broad), (narrow, lasting)):
        answer = script.patch(f"{url}/{key.pk}", {})
        assert (answer.status_code, answer.json()["message"]) == (
            403,
            "This key has more permissions than you.",
        )
        assert is_valid(key.secret)
    assert ApiClient(make_key("alice").secret).patch(f"{url}/{broad.pk}", {}).status_code == 404


def test_expire_api_key(make_key, alice, url):
    key = make_key("alice", expires_at=datetime.now(timezone.utc) + timedelta(days=1))
    assert alice.send("DELETE", f"{url}/{key.pk}", if_match='"9"').status_code == 412
    answer = alice.send("DELETE", f"{url}/{key.pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not is_valid(key.secret)
    body = alice.get(f"{url}/{key.pk}").json()
    assert body["expiresAt"] == body["status"]["lastModifiedAt"]
    assert key.pk in [found["_id"] for found in alice.get(url).json()]
    (row, _made) = history_of(key)
    assert (row.action, row.via, [entry["property"] for entry in row.changes]) == (
        "expire", "json", ["expires_at"],
    )  # fmt: skip
    assert alice.send("DELETE", f"{url}/{key.pk}").status_code == 204
    assert history_of(key).count() == 2
    answer = alice.patch(f"{url}/{key.pk}", {})
    assert (answer.status_code, answer.json()["message"]) == (
        403, "This key has expired. Create a new one.",
    )  # fmt: skip


def test_stronger_keys_can_be_expired_but_not_other_companies_keys(make_key, url):
    roots, broad, svens = make_key("root"), make_key("ada"), make_key("sven")
    narrow = ApiClient(make_key("ada", scopes=PEOPLE).secret)
    assert ApiClient(make_key("alice").secret).send("DELETE", f"{url}/{svens.pk}").status_code == 404
    for key in (roots, broad, svens):
        assert is_valid(key.secret)
        assert narrow.send("DELETE", f"{url}/{key.pk}").status_code == 204
        assert not is_valid(key.secret)


def test_an_expired_key_gets_401(cast, make_key, url):
    key = make_key("alice", scopes=PEOPLE)
    script = ApiClient(key.secret)
    assert script.get(url).status_code == 200
    services.update(cast.alice, {"is_active": False}, actor=Installation(), context=ChangeContext("command"))
    for method, body in (("GET", None), ("POST", {"name": "x", "scopes": []})):
        assert script.send(method, url, body).status_code == 401
    over = ApiClient(make_key("sven", expires_at=datetime(2020, 1, 1, tzinfo=timezone.utc)).secret)
    assert (over.get(url).status_code, over.get(ME).status_code) == (401, 401)


def test_creating_keys_requires_the_permission(make_key, url):
    new = {"name": "x", "scopes": []}
    vera, reader = (
        ApiClient(make_key("vera").secret),
        ApiClient(make_key("ada", scopes=["people:read"]).secret),
    )
    assert (vera.get(url).status_code, vera.post(url, new).status_code) == (403, 403)
    assert (reader.get(url).status_code, reader.post(url, new).status_code) == (200, 403)
    other = make_key("ada")
    for method in ("PATCH", "DELETE"):
        assert reader.send(method, f"{url}/{other.pk}").status_code == 403
    assert ApiClient(make_key("rikke").secret).post(url, new).status_code == 201


FORGED = (
    "x) and Astrid Holm (desk",
    "x） and Astrid Holm （desk",
    "x\u202e(ksed) mloH",
    "x\u2069 Astrid Holm \u2067",
    "x[1] and Astrid Holm",
    "x\uff5d Astrid Holm",
    "x\u2046 Astrid Holm",
)


@pytest.mark.attack
@pytest.mark.parametrize("name", FORGED)
def test_the_name_of_a_key_forges_no_author(name, cast, client, key_of):
    """“Alice (x) and Astrid Holm (desk)” would look like two users."""
    answer = client.post(
        "/v2/apiKeys", json.dumps({"name": name, "scopes": ["facility:read"]}), content_type="application/json",
        headers={"x-api-key": key_of(cast.alice)},
    )  # fmt: skip
    assert answer.status_code == 400 and [each["field"] for each in answer.json()["errors"]] == ["name"]
    client.force_login(cast.alice)
    page = client.post("/api-keys/new", {"name": name, "owner": cast.alice.pk, "scopes": ["facility:read"]})
    assert "without brackets" in page.content.decode()
    before = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    ApiKey._base_manager.filter(pk=before.pk).update(name=name)  # a name that older versions accepted
    who = ApiKey.objects.get(pk=before.pk).history_name
    assert who.startswith("Alice (x") and who.count("(") == who.count(")") == 1 and who.endswith(")")
    planned = services.update(
        ApiKey.objects.get(pk=before.pk),
        {"scopes": ["facility:read"]},
        actor=cast.alice,
        context=ChangeContext(Channel.BROWSER),
    )
    assert planned.record.scopes == ["facility:read"]  # other properties of such a key can still be changed
