"""Articles over JSON."""

import pytest

from backoffice.api.dialects import PLAND
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.records.models import History
from facility.models import Article
from facility.tests.factories import ArticleFactory, CustomerObjectFactory

pytestmark = pytest.mark.django_db
ARTICLES = "/v2/articles/"


@pytest.fixture
def alice(cast, key_of):
    return ApiClient(key_of(cast.alice))


@pytest.fixture
def articles(cast, records):
    """The existing article and two more."""
    soap = ArticleFactory(company=cast.company, name="Håndsæbe", unit="liter")
    return [records.article, soap, ArticleFactory(company=cast.company, name="Affaldsposer", status=2)]


def test_list_articles(cast, records, alice):
    article, stamp = records.article, PLAND.instant(records.article.created_at)
    answer = alice.get(ARTICLES)
    assert answer.status_code == 200
    expected = {
        "_id": article.pk,
        "number": 1,
        "companyId": cast.company.pk,
        "status": {
            "status": 1, "createdAt": stamp, "createdBy": None, "lastModifiedAt": stamp, "lastModifiedBy": None,
        },
        "chatId": None,
        "name": article.name,
        "unit": "",
    }  # fmt: skip
    (found,) = answer.json()
    assert list(found.items())[: len(expected)] == list(
        expected.items()
    )  # properties may be added at the end


LISTED = {
    "": [1, 2, 3],
    "name=sæbe": [2],
    "search=handsæbe": [2],
    "status=2": [3],
    "status=1,2": [1, 2, 3],
    "ids={2},{3}": [2, 3],
    "ids[]={2}&ids[]={3}": [2, 3],
    'ids=["{2}"]': [2],
    'generalField={"key": "unit", "operator": "equals", "value": "liter"}': [2],
    "sort=name": [3, 1, 2],
    'sort={"by": "unit", "direction": -1}': [2, 1, 3],
    "sort=_id:-1": [3, 2, 1],
    "limit=1": [1],
    "offset=1&limit=1": [2],
}


@pytest.mark.parametrize("query", LISTED)
def test_the_list_contains_visible_articles_only(query, alice, articles):
    params = query.replace("{2}", articles[1].pk).replace("{3}", articles[2].pk)
    answer = alice.get(f"{ARTICLES}?{params}")
    assert answer.status_code == 200, answer.content
    assert [found["_id"] for found in answer.json()] == [articles[place - 1].pk for place in LISTED[query]]


def test_count_articles(alice, articles):
    assert alice.get(f"{ARTICLES}count").json() == {"count": 3}
    assert alice.get(f"{ARTICLES}count?status=2").json() == {"count": 1}
    assert error_fields(alice.get(f"{ARTICLES}count?unit=liter")) == ["unit"]


def test_create_article(cast, alice):
    answer = alice.post(ARTICLES, {"name": "Pærer", "unit": "stk.", "number": 40})
    assert answer.status_code == 201
    result = answer.json()
    assert (result["name"], result["unit"], result["number"]) == ("Pærer", "stk.", 40)
    assert answer["Location"] == ARTICLES + result["_id"]
    assert alice.post(ARTICLES, {"name": "Lys"}).json()["number"] == 41
    for body, paths in (
        ({}, ["name"]),
        ({"name": "", "unit": "x" * 31}, ["name", "unit"]),
        ({"name": "x", "number": 40}, ["number"]),
        ({"name": "x", "price": 1}, ["price"]),
    ):
        answer = alice.post(ARTICLES, body)
        assert (answer.status_code, error_fields(answer)) == (400, paths)


def test_get_article(records, alice):
    answer = alice.get(ARTICLES + records.article.pk)
    assert (answer.status_code, answer["ETag"], answer.json()["name"]) == (200, '"1"', records.article.name)
    assert alice.get(ARTICLES + records.their_article.pk).status_code == 404


def test_update_article(records, alice):
    url = ARTICLES + records.article.pk
    answer = alice.patch(url, {"unit": "rulle"})
    assert (answer.status_code, answer.json()["unit"], answer["ETag"]) == (200, "rulle", '"2"')
    again = alice.patch(url, answer.json())
    assert (again.status_code, again.content, again["ETag"]) == (200, answer.content, '"2"')
    assert History.objects.filter(record_id=records.article.pk).count() == 2


def test_delete_article(cast, records, alice):
    url = ARTICLES + records.article.pk
    material = [{"article": records.article.pk, "budget": 1}]
    CustomerObjectFactory(company=cast.company, customer=cast.resold.pk, material=material)
    assert alice.send("DELETE", url).status_code == 409
    free = ArticleFactory(company=cast.company)
    assert alice.send("DELETE", ARTICLES + free.pk).status_code == 204
    assert alice.get(ARTICLES + free.pk).status_code == 404
    assert set(Article.objects.filter(company=cast.company)) == {records.article}
    assert History.objects.get(record_id=free.pk, action="remove").via == "json"
