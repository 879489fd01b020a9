"""The material of a customer object over JSON."""

import pytest

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.models import History
from facility.api import material
from facility.models import CustomerObject
from facility.tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db

BY_BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def url(records):
    return f"/v2/objects/{records.object.pk}/material"


@pytest.fixture
def soap(cast):
    return ArticleFactory(company=cast.company, name="Soap")


def test_get_material_of_object(cast, records, alice, url, key_of):
    answer = alice.get(url)
    assert (answer.status_code, answer.json(), answer["ETag"]) == (200, [], '"1"')
    alice.patch(
        url.removesuffix("/material"), {"material": [{"articleId": records.article.pk, "budget": 2.5}]}
    )
    answer = alice.get(url)
    name = records.article.name
    article = {"articleId": records.article.pk, "budget": 2.5, "_id": records.article.pk, "name": name}
    assert [list(one) for one in answer.json()] == [["articleId", "budget", "_id", "name"]]
    assert answer.json() == [article] == alice.get(f"{url}?allWhenEmpty=true").json()
    assert alice.get(url, if_none_match=answer["ETag"]).status_code == 304
    assert alice.get(f"/v2/objects/{records.their_object.pk}/material").status_code == 404
    assert alice.get("/v2/objects/x/material").status_code == 404
    assert ApiClient(key_of(cast.vera)).get(url).json() == answer.json()
    assert ApiClient(key_of(cast.sven)).get(url).status_code == 403


def budgets(caller, url):
    return {one["articleId"]: one["budget"] for one in caller.get(url).json()}


def test_all_articles_when_there_is_no_material(cast, records, alice, url, soap, key_of):
    ArticleFactory(company=cast.company, name="Put away", status=2)
    everything = alice.get(f"{url}?allWhenEmpty=true").json()
    assert {one["_id"] for one in everything} == {records.article.pk, soap.pk}
    assert {one["budget"] for one in everything} == {None}
    assert alice.get(f"{url}?allWhenEmpty=false").json() == alice.get(url).json() == []
    for wrong in ("allWhenEmpty=1", "allWhenEmpty=true&allWhenEmpty=true", "all=true"):
        assert alice.get(f"{url}?{wrong}").status_code == 400


def test_the_documented_request_adds_material(cast, records, alice, url, soap):
    first, second = records.article.pk, soap.pk
    answer = alice.post(url, {"material": [{"articleId": first, "budget": 2}, {"articleId": second.upper()}]})
    assert (answer.status_code, answer.json(), answer["ETag"]) == (200, {"added": True}, '"2"')
    assert budgets(alice, url) == {first: 2, second: None}
    alice.post(url, {"material": [{"articleId": second, "budget": 5}]})
    assert budgets(alice, url) == {first: 2, second: 5}
    assert alice.post(url, {"material": []}).json() == {"added": True}
    for body, paths in (
        ({"material": None}, ["material"]),
        ({"material": [{}]}, ["material.0.articleId"]),
        ({"material": [{"articleId": first}, {"articleId": first.upper()}]}, ["material.1.articleId"]),
        ({"material": [{"articleId": first, "nope": 1}]}, ["material.0.nope"]),
        ({"material": [{"articleId": records.their_article.pk}, 5]}, ["material.1"]),
        ({"material": [{"articleId": records.their_article.pk, "budget": 2**53 + 1}]},
         ["material.0.articleId", "material.0.budget"]),
        ({"material": [], "articleId": first}, ["articleId"]),
    ):  # fmt: skip
        answer = alice.post(url, body)
        assert (answer.status_code, error_fields(answer)) == (400, paths), body
    assert budgets(alice, url) == {first: 2, second: 5}


def test_a_single_item_can_be_the_body(cast, records, alice, url, soap):
    first, second = records.article.pk, soap.pk
    answer = alice.post(url, {"articleId": first, "budget": 12})
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    assert budgets(alice, url) == {first: 12}
    alice.post(f"{url}/", {"articleId": second.upper()})
    assert budgets(alice, url) == {first: 12, second: None}
    answer = alice.post(url, {"articleId": first, "budget": 0.5})  # it is in the list already
    assert budgets(alice, url) == {first: 0.5, second: None}
    assert alice.post(url, {"articleId": first})["ETag"] == answer["ETag"]  # without a budget
    alice.post(url, {"articleId": first, "budget": None})
    assert budgets(alice, url)[first] is None
    row = History.objects.filter(record_id=records.object.pk).order_by("-version").first()
    assert (row.via, [entry["property"] for entry in row.changes]) == ("json", ["material"])


def test_invalid_material_is_refused(cast, records, alice, url, key_of):
    for body, paths in (
        ({}, ["material"]),
        ({"articleId": None}, ["articleId"]),
        ({"articleId": "x", "budget": "1"}, ["articleId", "budget"]),
        ({"articleId": "f" * 24, "budget": True}, ["articleId", "budget"]),
        ({"articleId": records.their_article.pk}, ["articleId"]),
        ({"articleId": records.article.pk, "budget": 2**53 + 1}, ["budget"]),
        ({"articleId": records.article.pk, "budget": [], "unit": "l"}, ["budget", "unit"]),
        ('{"articleId": "x", "articleId": "x"}', ["articleId"]),
        (f'{{"articleId": "{records.article.pk}", "budget": 1e400}}', ["budget"]),
    ):
        answer = alice.post(url, body)
        assert (answer.status_code, error_fields(answer)) == (400, paths), body
    for body in ("", "[]", "{", "[{}]"):
        assert alice.post(url, body).status_code == 400
    good = {"articleId": records.article.pk}
    assert ApiClient(key_of(cast.vera)).post(url, good).status_code == 403
    assert ApiClient(key_of(cast.alice, scopes=["facility:read"])).post(url, good).status_code == 403
    assert ApiClient(key_of(cast.charlie)).post(url, good).status_code == 404
    assert alice.post(url, good, if_match='"9"').status_code == 412
    assert CustomerObject.objects.get(pk=records.object.pk).version == 1
    assert alice.post(url, good, if_match='"1"').status_code == 200


def test_set_material_budget(cast, records, alice, url, soap, key_of):
    article = records.article.pk
    alice.post(url, {"articleId": soap.pk, "budget": 1})
    alice.post(url, {"articleId": article, "budget": 2})
    for text, budget in (("3", 3), ("0", 0), ("-1.5", -1.5), ("2.50", 2.5), ("1e2", 100), ("-0", 0)):
        answer = alice.send("PATCH", f"{url}/{article}/{text}")
        assert answer.status_code == 200
        assert answer.json() == [
            {"articleId": soap.pk, "budget": 1},
            {"articleId": article, "budget": budget},
        ]
    assert alice.send("PATCH", f"{url}/{article.upper()}/0")["ETag"] == answer["ETag"]
    for text in (
        "x",
        "null",
        "NaN",
        "Infinity",
        "1e999",
        "1,5",
        "%20",
        "0x1",
        "9" * 5000,
        str(2**53 + 1),
        "%00",
        "true",
        "٣",
    ):
        answer = alice.send("PATCH", f"{url}/{article}/{text}")
        assert (answer.status_code, error_fields(answer)) == (400, ["budget"]), text
    for missing in (ArticleFactory(company=cast.company).pk, records.their_article.pk, "f" * 24, "x"):
        assert alice.send("PATCH", f"{url}/{missing}/1").status_code == 404
    assert (
        alice.send("PATCH", f"/v2/objects/{records.their_object.pk}/material/{article}/1").status_code == 404
    )
    assert ApiClient(key_of(cast.vera)).send("PATCH", f"{url}/{article}/1").status_code == 403
    assert alice.send("PATCH", f"{url}/{article}/1", if_match='"1"').status_code == 412


def test_concurrent_additions_never_conflict(cast, records, alice, url, soap, monkeypatch):
    """Ada's article is added while Alice's is being added."""
    update_record = material.update_record
    concurrent_changes = []

    def slowly(*args, **how):
        if not concurrent_changes:
            concurrent_changes.append(True)
            present = CustomerObject.objects.get(pk=records.object.pk)
            services.update(
                present, {"material": [{"article": soap.pk, "budget": 7}]}, actor=cast.ada, context=BY_BROWSER
            )
        return update_record(*args, **how)

    monkeypatch.setattr(material, "update_record", slowly)
    answer = alice.post(url, {"articleId": records.article.pk, "budget": 1})
    assert answer.status_code == 200
    assert budgets(alice, url) == {soap.pk: 7, records.article.pk: 1}


def test_a_concurrently_removed_article_has_no_budget(cast, records, alice, url, monkeypatch):
    alice.post(url, {"articleId": records.article.pk, "budget": 1})
    update_record = material.update_record

    def slowly(*args, **how):
        present = CustomerObject.objects.get(pk=records.object.pk)
        services.update(present, {"material": []}, actor=cast.ada, context=BY_BROWSER)
        return update_record(*args, **how)

    monkeypatch.setattr(material, "update_record", slowly)
    assert alice.send("PATCH", f"{url}/{records.article.pk}/5").status_code == 404
    assert alice.get(url).json() == []
