"""Parameters of lists. Invalid ones are refused by name and never cause a server error."""

import json
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.records.tests.examples import examples
from config.api import FACILITY, SUPPORT_DESK
from facility.tests.factories import ComplaintFactory

pytestmark = pytest.mark.django_db

COMPLAINTS = "/v2/complaints"
DEEP = "[" * 100_000
LONG = "9" * 5_000


@pytest.fixture
def alice(cast, records, key_of):
    return ApiClient(key_of(cast.alice))


def get_list(caller, url=COMPLAINTS, **parameters):
    return caller.get(f"{url}?{urlencode(parameters, doseq=True, errors='surrogatepass')}")


AN_ID = "507f1f77bcf86cd799439011"
REFUSED = [
    ("ids", ["", ",", f"{AN_ID},", "x", "[1]", "[true]", "[null]", '["x"]', "[", '{"a":1}', DEEP, "\0", '["\\ud800"]',
             f"[[{AN_ID}]]", LONG, f"[{LONG}]", "[NaN]", "٣" * 24, AN_ID + "\n"]),
    ("object", ["", "x", f"{AN_ID},{AN_ID}", f'["{AN_ID}"]', [AN_ID, AN_ID], "\0"]),
    ("status", ["", "x", "1.0", "1e1", "true", "[true]", "[1.0]", str(2**63), str(-(2**63) - 1), f"[{2**64}]", LONG,
                "٣", "1 "]),
    ("complaintStatus", ["", "NEW", "new,", "new,x", '["x"]', "new\0", "[1]"]),
    ("from", ["", "x", "2024-01-01", "2024-01-01T00:00:00", "2024-02-30T00:00:00Z", "2024-01-01T25:00:00Z",
              "2024-01-01T00:00:00 01:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59",
              "9999-12-31T23:59:59-23:59", "253402300800000", "-62135596800001", "9" * 15, LONG, "1.5", "NaN",
              ["1", "2"]]),
    ("objectsByName", ["", " ", "\t\n", "\0", "x" * 201, ["a", "b"]]),
    ("searchComplaint", ["", " ", " \t", "!!", "=", "%", "- ' -", "😀", "\0", "x" * 201]),
    ("limit", ["", "0", "-1", "1001", "x", "1.0", "true", LONG, str(2**63), ["1", "2"]]),
    ("offset", ["", "-1", str(2**31), "x", LONG, ["1", "1"]]),
    ("sort", ["", "x", "number:0", "number:2", "number:asc", "number:", "number,", "number:1:1", "customFields",
              "images", "object__name", "-number", "?", "pk", "number:1,desc:1,priority:1,userId:1,_id:1,chatId:1",
              ",".join(["number"] * 100_000), "{", "{}", "[", "[1]", DEEP, '{"by":"number","direction":2}',
              '{"by":"number","direction":true}', '{"by":"number","direction":"1"}', '{"by":1}', '{"by":["number"]}',
              '{"by":"number","x":1}', '{"by":"number","by":"desc"}', '{"by":"\\ud800"}', '{"by":"number"} x',
              '{"by":"number","direction":NaN}', f'{{"by":"number","direction":{LONG}}}', "number\0"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), REFUSED, ids=[name for name, _values in REFUSED])
def test_invalid_parameters_are_refused_by_name(alice, name, values):
    for value in values:
        answer = get_list(alice, **{name: value})
        assert (answer.status_code, error_fields(answer)) == (400, [name]), value
        assert len(answer.content) < 1000, value


def test_one_response_has_all_validation_errors(alice):
    answer = get_list(alice, ids="x", status="y", limit="0", sort="z", generalField="{")
    assert sorted(error_fields(answer)) == ["generalField", "ids", "limit", "sort", "status"]


def test_unknown_parameters_are_refused_by_name(alice):
    for name in ("Limit", "limits", "object[]", "ids[0]", "q", "page", "", "__class__", "\0", "a\nb", "ids "):
        answer = get_list(alice, **{name: "1"})
        assert (answer.status_code, error_fields(answer)) == (400, [name]), name
    assert error_fields(get_list(alice, "/v2/complaints/count", limit="1", nonsense="1")) == [
        "limit",
        "nonsense",
    ]
    for path in (AN_ID, "countNewEntities"):
        assert error_fields(get_list(alice, f"{COMPLAINTS}/{path}", limit="1")) == ["limit"]


@pytest.mark.slow
def test_the_number_of_values_is_limited(alice):
    thousand = [f"{n:024x}" for n in range(1000)]
    assert get_list(alice, ids=",".join(thousand)).json() == []
    assert get_list(alice, ids=thousand, objectIds=json.dumps(thousand)).json() == []
    assert error_fields(get_list(alice, ids=",".join([*thousand, AN_ID]))) == ["ids"]
    assert error_fields(get_list(alice, ids=[AN_ID] * 1001)) == ["ids"]
    assert get_list(alice, ids=[AN_ID] * 20_001).status_code == 400
    assert (
        get_list(alice, objectsByName=" ".join(["a"] * 100), searchComplaint=" ".join(["b"] * 100)).json()
        == []
    )


def general_field(**sent):
    return json.dumps({"key": "number", "operator": "equals", "value": 1} | sent)


BAD_CONDITIONS = [
    "", "x", "[]", "1", "null", '"key"', "{", DEEP, "{" + '"a":{' * 500, LONG,
    '{"key":"number","key":"desc","operator":"exists"}', "{}", '{"key":"number"}', '{"operator":"equals"}',
    general_field(extra=1), general_field(key=1), general_field(key=None), general_field(key="nothing"), general_field(key=""),
    general_field(key="object__name"), general_field(key="objectId.name"), general_field(key="status"), general_field(key="contact"),
    general_field(key="images"), general_field(key="customFields"), general_field(key="customFields."), general_field(key="customFields.a.b"),
    general_field(key="customFields.\0"), general_field(key="customFields.\ud800"), general_field(key="customFields." + "x" * 101),
    general_field(operator="regex"), general_field(operator=1), general_field(operator=["equals"]), general_field(operator="contains"),
    general_field(operator="EQUALS"), general_field(value="1"), general_field(value=True), general_field(value=None), general_field(value=[1]),
    general_field(value={"$gt": 1}), general_field(value=1.5), general_field(value=2**63), general_field(value=1e300),
    general_field(operator="in", value=1), general_field(operator="in", value=[True]), general_field(operator="in", value=[1, "2"]),
    general_field(operator="in", value=[1] * 1001), general_field(fieldType="text"), general_field(fieldType=["number"]),
    general_field(fieldType="number", value="x"), general_field(fieldType="number", value="NaN"),
    general_field(fieldType="number", value="1e999"), general_field(fieldType="number", value="1.5"),
    general_field(key="desc", value=1), general_field(key="desc", value="\0"), general_field(key="desc", value="\ud800"),
    general_field(key="userId", value="x"), general_field(key="userId", operator="contains", value="5"),
    general_field(key="userId", operator="greater_than", value=AN_ID), general_field(key="status.createdAt", value="yesterday"),
    general_field(key="status.createdAt", value=10**18), general_field(key="status.createdAt", value=1.5),
    general_field(key="status.createdAt", value="1672531200000"),
    general_field(key="tags", operator="less_than", value="x"), general_field(key="tags", value=1),
    general_field(key="customFields.a", value={"b": 1}), general_field(key="customFields.a", value=[1]),
    general_field(key="customFields.a", value="\0"), general_field(key="customFields.a", operator="less_than"),
    general_field(key="customFields.a", operator="in", value=[None]),
    '{"key":"number","operator":"equals","value":NaN}', '{"key":"number","operator":"equals","value":1e999}',
    '{"key":"number","operator":"equals","value":Infinity}',
]  # fmt: skip


def test_invalid_conditions_are_refused(alice):
    for text in BAD_CONDITIONS:
        answer = get_list(alice, generalField=text)
        assert (answer.status_code, error_fields(answer)) == (400, ["generalField"]), text[:100]
        assert len(answer.content) < 1000, text[:100]
    assert error_fields(get_list(alice, generalField=[general_field(), general_field()])) == ["generalField"]


STRANGE = ["a", "0", "-1", "00", "a'b", 'a"b', "a\\b", "a__b", "__class__", "$x", "$", "[0]", "a b", "æ", "%s", "%(a)s",
           "a[0]", "#-1", "*", "'); DROP TABLE facility_complaint; --", "\u2028", "😀", "a\nb", "x" * 100]  # fmt: skip


@pytest.mark.slow
def test_custom_fields_may_have_any_name(cast, records, alice):
    whole = {name: f"value of {name}" for name in STRANGE} | {"": "nameless", "a.b": "with a dot"}
    one = ComplaintFactory(company=cast.company, object=records.object.pk, custom_fields=whole)
    for name in STRANGE:
        key = f"customFields.{name}"
        for sent, found in (
            ({"operator": "equals", "value": f"value of {name}"}, [one.pk]),
            ({"operator": "in", "value": ["x", f"value of {name}"]}, [one.pk]),
            ({"operator": "not_equals", "value": f"value of {name}"}, [records.complaint.pk]),
            ({"operator": "contains", "value": "VALUE of"}, [one.pk]),
            ({"operator": "exists"}, [one.pk]),
            ({"operator": "not_exists"}, [records.complaint.pk]),
            ({"operator": "equals", "value": "value of"}, []),
        ):
            answer = get_list(alice, generalField=json.dumps({"key": key} | sent))
            assert [document["_id"] for document in answer.json()] == found, (name, sent)


SIMPLE = [True, False, 1, 0, 1.5, "true", "1", "1.5", "", "null", 2**63 - 1, -1]


def test_values_are_equal_exactly_if_they_are_equal_in_json(cast, records, alice):
    made = {}
    for value in [*SIMPLE, None, [], {}]:
        made[repr(value)] = ComplaintFactory(
            company=cast.company, object=records.object.pk, custom_fields={"x": value}
        ).pk
    for value in SIMPLE:
        answer = get_list(alice, generalField=general_field(key="customFields.x", value=value))
        assert [document["_id"] for document in answer.json()] == [made[repr(value)]], value
    ones = get_list(alice, generalField='{"key":"customFields.x","operator":"equals","value":1.0}')
    assert [document["_id"] for document in ones.json()] == [made["1"]]
    flag = general_field(key="customFields.x", value="true", fieldType="boolean")
    assert [document["_id"] for document in get_list(alice, generalField=flag).json()] == [made["True"]]
    many = general_field(key="customFields.x", operator="in", value=[*SIMPLE, *map(str, range(2, 980))])
    assert len(get_list(alice, generalField=many, limit=1000).json()) == len(SIMPLE)


def test_parameters_are_percent_decoded_once(cast, records, alice):
    for text in ("100% rent", "a+b", "a&b=c", "%20", "søen", "\u2028x"):
        one = ComplaintFactory(company=cast.company, object=records.object.pk, desc=text)
        sent = {"generalField": general_field(key="desc", value=text), "searchComplaint": text}
        for how in (quote, quote_plus):
            answer = alice.get(f"{COMPLAINTS}?{urlencode(sent, quote_via=how)}")
            assert [document["_id"] for document in answer.json()] == [one.pk], text


@pytest.mark.attack
@pytest.mark.parametrize("bad", ["%FF", "a%C3", "%C0%80", "%ED%A0%80", "æ%E6", "%F5%80%80%80"])
def test_parameters_that_are_not_utf8_are_refused_by_name(bad, alice):
    names = (
        "searchComplaint",
        "objectsByName",
        "generalField",
        "ids",
        "sort",
        "limit",
        "complaintStatus",
        "nonsense",
    )
    for name in names:
        answer = alice.get(f"{COMPLAINTS}?status=1&{name}={quote(bad, safe='%')}")
        assert (answer.status_code, error_fields(answer)) == (400, [name]), name
        assert "UTF-8" in answer.json()["message"]
    for path in (f"{COMPLAINTS}/{AN_ID}", "/v2/complaints/count", "/v2/customers", "/v2/objects"):
        assert alice.get(f"{path}?search={quote(bad, safe='%')}").status_code == 400, path
    assert error_fields(alice.get(f"{COMPLAINTS}?{quote(bad, safe='%')}=1")) != []


def test_contains_accepts_up_to_100_characters(alice, cast, records):
    one = ComplaintFactory(
        company=cast.company, object=records.object.pk, desc="x" * 100, custom_fields={"a": "x" * 100}
    )
    for key in ("desc", "customFields.a"):
        found = get_list(alice, generalField=general_field(key=key, operator="contains", value="X" * 100))
        assert [document["_id"] for document in found.json()] == [one.pk]
        for value in ("x" * 101, ""):
            answer = get_list(alice, generalField=general_field(key=key, operator="contains", value=value))
            assert (answer.status_code, error_fields(answer)) == (400, ["generalField"])
            assert "1 to 100 characters" in answer.json()["message"]
    answer = get_list(alice, generalField=general_field(key="tags", operator="contains", value="x" * 101))
    assert (answer.status_code, error_fields(answer)) == (400, ["generalField"])
    assert (
        get_list(
            alice, generalField=general_field(key="desc", operator="equals", value="x" * 1000)
        ).status_code
        == 200
    )


LISTS = [
    (f"/{interface.prefix}/{operation.path}", sorted(operation.parameter_names))
    for interface in (FACILITY, SUPPORT_DESK)
    for operation in interface.operations
    if operation.method == "GET" and operation.parameters and "{" not in operation.path
]
ANYTHING = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["1", "-1", "true", AN_ID, "[]", "{}", f'["{AN_ID}"]', "number:-1", "2024-01-01T00:00:00Z", "0"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ).map(json.dumps),
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(["number", "desc", "tags", "customFields.a", "rating", "_id", "status.createdAt", "x"]),
            "operator": st.sampled_from(["equals", "in", "contains", "exists", "not_in", "less_than", "greater_equal"]),
        },
        optional={
            "value": st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3),
            "fieldType": st.sampled_from(["string", "number", "boolean", "date", "objectid", "objectId"]),
        },
    ).map(json.dumps),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("url", "names"), LISTS, ids=[url for url, _names in LISTS])
@settings(
    max_examples=examples(3),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_parameters_get_results_or_a_validation_error(cast, records, key_of, url, names, data):
    query = data.draw(st.lists(st.tuples(st.sampled_from(names), ANYTHING), max_size=3))
    caller = ApiClient(key_of(cast.ada))
    answer = caller.get(f"{url}?{urlencode(query, errors='surrogatepass')}")
    assert answer.status_code in (200, 400, 422), query
    if answer.status_code != 200:
        assert set(error_fields(answer)) <= {name.partition("[")[0] for name, _value in query} | {"field"}, (
            query
        )
