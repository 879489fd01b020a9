"""The list of support cases over JSON."""

import pytest

from backoffice.api.dialects import TELECOMX
from backoffice.api.tests.clients import ApiClient
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from supportdesk.tests.factories import SupportCaseFactory

pytestmark = pytest.mark.django_db
CASES = "/iptv/supportcase"


@pytest.fixture
def caller(cast, key_of):
    return lambda who, **values: ApiClient(key_of(getattr(cast, who), **values))


@pytest.fixture
def cases(cast, records):
    """The existing case, whose customer the reseller has brought; a case of the reseller itself; a case
    without a customer."""
    own = SupportCaseFactory(company=cast.company, name="Egen sag", customer=cast.reseller.pk)
    return [records.case, own, SupportCaseFactory(company=cast.company, name="Uden kunde")]


def listed_ids(answer):
    assert answer.status_code == 200, answer.content
    return [found["_id"] for found in answer.json()["supportCases"]]


def test_list_support_cases(cast, records, caller):
    case = SupportCaseFactory(company=cast.company, name="Kun et navn")
    for url in (CASES, CASES + "/"):
        answer = caller("sven").get(url)
        assert answer.status_code == 200
        body = answer.json()
        assert [*body] == ["offset", "limit", "total", "supportCases"]
        assert (body["offset"], body["limit"], body["total"]) == (0, 100, 2)
        assert body["supportCases"] == [
            caller("sven").get(f"{CASES}/{records.case.pk}").json(),
            {
                "_id": case.pk,
                "name": "Kun et navn",
                "solved": False,
                "date": TELECOMX.instant(case.date),
                "lastUpdated": TELECOMX.instant(case.last_modified_at),
                "files": [],
                "comments": [],
                "priority": 1,
            },
        ]


def test_pages(cases, caller):
    sven = caller("sven")
    ids = [case.pk for case in cases]
    for query, found in (
        ("limit=2", ids[:2]),
        ("limit=2&offset=2", ids[2:]),
        ("offset=1", ids[1:]),
        ("offset=3", []),
        ("limit=500", ids),
    ):
        answer = sven.get(f"{CASES}?{query}")
        assert (listed_ids(answer), answer.json()["total"]) == (found, 3)
        sent = dict(pair.split("=") for pair in query.split("&"))
        assert answer.json()["limit"] == int(sent.get("limit", 100))
        assert answer.json()["offset"] == int(sent.get("offset", 0))


def test_the_cases_of_a_customer(cast, cases, records, caller):
    sven = caller("sven")
    for customer, found in (
        (cast.resold.pk, cases[:1]),
        (cast.reseller.pk.upper(), cases[1:2]),
        (records.their_customer.pk, []),
        ("f" * 24, []),
    ):
        answer = sven.get(f"{CASES}?customer={customer}")
        assert (listed_ids(answer), answer.json()["total"]) == ([case.pk for case in found], len(found))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        ("offset=1&offset=2", "offset"),
        ("customer=x", "customer"),
        ("customer=", "customer"),
        ("customer=ffffffffffffffffffffffff&customer=ffffffffffffffffffffffff", "customer"),
        ("customers=ffffffffffffffffffffffff", "customers"),
        ("sort=privateInformation", "sort"),
        ("sort=response.employee", "sort"),
        ("generalField={}", "generalField"),
        ("solved=yes", "solved"),
        ("device=TOASTER", "device"),
        ("changedSince=yesterday", "changedSince"),
        ("search=", "search"),
    ],
)
def test_invalid_parameters_are_refused_by_name(query, name, caller):
    answer = caller("sven").get(f"{CASES}?{query}")
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (422, 422, name)
    assert [error["field"] for error in answer.json()["errors"]] == [name]


def test_cases_are_visible_by_permission_and_reseller(cast, records, cases, caller):
    everything = [case.pk for case in cases]
    for who, found in (
        ("ada", everything),
        ("sven", everything),
        ("vera", everything),
        ("rikke", everything[:1]),
        ("charlie", None),
        ("alice", None),
    ):
        answer = caller(who).get(CASES)
        if found is None:
            assert (answer.status_code, answer.json()["message"]) == (403, "access_denied")
        else:
            assert (listed_ids(answer), answer.json()["total"]) == (found, len(found))
    assert listed_ids(caller("rikke").get(f"{CASES}?customer={cast.reseller.pk}")) == []
    assert caller("sven", scopes=["supportdesk:read"]).get(CASES).status_code == 200
    assert caller("sven", scopes=["supportdesk:write"]).get(CASES).status_code == 403
    assert ApiClient(None).get(CASES).status_code == 403


def test_private_information_is_omitted_for_others(cast, records, caller):
    sven = caller("sven")
    sven.post(f"{CASES}/{records.case.pk}", {"response": {"answer": "Ja"}})
    SupportCaseFactory(
        company=cast.company, customer=cast.resold.pk, employee=cast.rikke.pk, private_information="her own"
    )
    first, own = sven.get(CASES).json()["supportCases"]
    assert (first["privateInformation"], first["response"]["employeeName"]) == ("private-marker", "Sven")
    assert own["privateInformation"] == "her own"
    first, own = caller("rikke").get(CASES).json()["supportCases"]
    assert ("privateInformation" in first, [*first["response"]]) == (False, ["author", "answer", "date"])
    assert own["privateInformation"] == "her own"
    content = caller("vera").get(CASES).content.decode()
    assert "private-marker" not in content
    assert "her own" not in content


def test_a_case_follows_its_customer_to_another_reseller(cast, records, caller):
    rikke = caller("rikke")
    assert listed_ids(rikke.get(CASES)) == [records.case.pk]
    other = CustomerFactory(company=cast.company, name="Another reseller")
    services.update(
        cast.resold, {"parent_reseller": other.pk}, actor=cast.ada, context=ChangeContext(Channel.BROWSER)
    )
    assert listed_ids(rikke.get(CASES)) == []
    assert rikke.get(f"{CASES}/{records.case.pk}").status_code == 404


def test_cases_can_be_filtered_and_sorted(cast, records, cases, caller):
    sven = caller("sven")
    first, own, plain = (case.pk for case in cases)
    sven.post(f"{CASES}/{own}", {"solved": True, "device": "CROMEMAC"})
    changed = sven.post(f"{CASES}/{plain}", {"device": "IOS", "playMakerVersion": "1.23a"}).json()[
        "lastUpdated"
    ]
    for query, found in (
        ("solved=true", [own]),
        ("solved=false", [first, plain]),
        ("device=CROMEMAC", [own]),
        ("device=CHROMEMAC,IOS", [own, plain]),
        ("device=IOS&solved=true", []),
        (f"changedSince={changed}", [plain]),
        ("changedSince=9999999999999", []),
        ("search=egen", [own]),
        ("search=1.23a", [plain]),
        ("search=private", []),
        ("sort=lastUpdated:-1", [plain, own, first]),
        ("sort=solved:-1,_id:-1", [own, plain, first]),
        ("sort=name", [own, first, plain]),
        ('sort={"by": "date", "direction": -1}&limit=1', [plain]),
    ):
        answer = sven.get(f"{CASES}?{query}")
        assert listed_ids(answer) == found, query
    assert sven.get(f"{CASES}?solved=false&limit=1").json()["total"] == 2
    assert listed_ids(caller("rikke").get(f"{CASES}?sort=lastUpdated")) == [first]
