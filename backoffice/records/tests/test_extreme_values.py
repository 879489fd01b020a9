"""Extreme values of every property of every record type, on the database at hand: what is read is, byte for
byte, what was written. So all databases give the same answers."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from backoffice.people.models import Contact, Customer
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields.base import (
    FIRST_INSTANT,
    LAST_INSTANT,
    AnyField,
    EmailLineField,
    InstantField,
    NumberField,
    ObjectIdField,
    OpenObjectField,
    TextListField,
)
from backoffice.records.history.versions import plain_state, state_at
from backoffice.records.tests.examples import examples
from backoffice.records.tests.parameters import select_daily
from facility.models import Article, Complaint, CustomerObject
from supportdesk.models import SupportCase

RECORD_TYPES = {
    "object": CustomerObject, "complaint": Complaint, "case": SupportCase, "article": Article,
    "contact": Contact, "customer": Customer,
}  # fmt: skip
FIXED = {(SupportCase, "date")}
"""Properties that do not change once the record exists."""
LAST, FIRST = (each.replace(tzinfo=None) for each in (LAST_INSTANT, FIRST_INSTANT))

ODD_TEXTS = [
    "", " ", "\r\n\n", "ẞß İı å\u030a", "🧯\ufeff\uffff", "\x01\x7f", "'\"\\%_$.", "NULL",
]  # fmt: skip
ODD_WHOLES = [0, 1, -1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63 - 2, 2**63 - 1, -(2**63)]
ODD_DOUBLES = [
    0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e22, 1e16, 0.1, -1e-7, 1.0, 4.999999999999999, 123456789.123456789,
]  # fmt: skip
ODD_NAMES = ["", "0", "a.b", ".", "$ref", "$", "_id", "%2E", "%", "__proto__", "å", "'", '"', "\\"]
ODD_JSON = [
    None, False, 0, {}, [], {"$ref": "x", "$id": 1}, {"0": [[]], "": {}}, {name: name for name in ODD_NAMES},
    {"in": [{"$oid": "x"}, *ODD_WHOLES, *ODD_DOUBLES, *ODD_TEXTS, None, True]}, {"b": 1, "a": {"d": 1, "c": 2}},
]  # fmt: skip
ODD_INSTANTS = [FIRST, LAST, datetime(1970, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999000)]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
WHOLES = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.sampled_from(ODD_NAMES) | TEXTS
ANY_JSON = st.recursive(
    st.none() | st.booleans() | WHOLES | DOUBLES | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
INSTANTS = st.datetimes(FIRST, LAST)


def values_of(field: models.Field) -> tuple[list, st.SearchStrategy]:
    """Return the extreme values of a property, and a strategy for any value."""
    odd, usual = [], st.nothing()
    if field.choices:
        odd = [choice for choice, _label in field.choices]
    elif isinstance(field, OpenObjectField):
        odd = [value for value in ODD_JSON if value is None or isinstance(value, dict)]
        usual = st.dictionaries(NAMES, ANY_JSON, max_size=4)
    elif isinstance(field, AnyField):
        odd, usual = ODD_JSON, ANY_JSON
    elif isinstance(field, TextListField):
        odd = [[], ["https://a.dk/1.jpeg", "urn:å", "x-y:%24$."], ["x:1", "x:1"]]
    elif isinstance(field, ObjectIdField):
        odd = [None, "0" * 24, "f" * 24, "0123456789abcdefABCDEF01"]
    elif isinstance(field, InstantField):
        odd = [_in_utc(value) for value in ODD_INSTANTS]
        usual = INSTANTS.map(_in_utc)
    elif isinstance(field, models.BooleanField):
        odd = [False, True]
    elif isinstance(field, NumberField):
        odd, usual = ODD_DOUBLES, DOUBLES
    elif isinstance(field, models.IntegerField):
        odd, usual = ODD_WHOLES, WHOLES
    elif isinstance(field, EmailLineField):
        odd = ["", "a+b@x.dk", "UPPER@EXAMPLE.com"]
    else:
        longest = field.max_length or 10_000
        odd, usual = [*ODD_TEXTS, "é" * longest, "🧯" * longest], TEXTS
    odd = [value for value in odd if _is_valid(field, value)]
    return odd, st.sampled_from(odd) | usual.filter(lambda value: _is_valid(field, value))


def _in_utc(value: datetime) -> datetime:
    return value.replace(microsecond=value.microsecond // 1000 * 1000, tzinfo=timezone.utc)


def _is_valid(field, value) -> bool:
    if field.name == "number" and value < 1000:
        return False  # taken by other records
    try:
        field.clean(value, None)
    except ValidationError:
        return False
    return True


def columns_of(model) -> list[str]:
    return [
        name
        for name, prop in model.properties.items()
        if not prop.many and not prop.derived and not prop.target and (model, name) not in FIXED
    ]


def text(plain: dict) -> str:
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


@pytest.fixture
def records_by_type(cast, records):
    """One record of each type, by name."""
    return {name: getattr(records, name, None) or cast.resold for name in RECORD_TYPES}


COLUMNS = [(kind, name) for kind, model in RECORD_TYPES.items() for name in columns_of(model)]


@pytest.mark.parametrize(("kind", "name"), select_daily(COLUMNS, *COLUMNS[::4]))
def test_extreme_values_are_read_as_written(kind, name, records_by_type, cast):
    model = RECORD_TYPES[kind]
    odd, usual = values_of(model._meta.get_field(name))

    @settings(
        max_examples=examples(1),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(usual)
    def written_and_read(value):
        record = model.objects.get(pk=records_by_type[kind].pk)
        before = plain_state(record)
        together = {name: value} | required_companions(model, name, value)
        planned = services.update(record, together, actor=cast.root, context=ChangeContext(Channel.COMMAND))
        read = model.objects.get(pk=record.pk)
        assert text(plain_state(read)) == text(plain_state(planned.record))
        assert text(state_at(read, record.version)) == text(before)

    for value in odd:
        written_and_read = example(value)(written_and_read)
    written_and_read()


def required_companions(model, name: str, value) -> dict:
    """Return the values that a value requires in other properties, for the record to be valid."""
    if name in ("location_latitude", "location_longitude"):
        other = "longitude" if name.endswith("latitude") else "latitude"
        return {f"location_{other}": 1.5}
    if name == "contract_start_date":
        return {"contract_end_date": value}
    if name == "contract_end_date":
        return {"contract_start_date": value}
    if model is Contact:
        given = {"first_name": "Karen", "last_name": "Nielsen", "email": "k@example.com"}
        return {key: found for key, found in given.items() if key != name}
    return {}


def test_the_first_and_last_instants_can_be_queried(records_by_type, cast):
    """A list from the first to the last instant contains both."""
    place = records_by_type["object"]
    for instant in (FIRST, LAST):
        at = instant.replace(tzinfo=timezone.utc)
        both = {"contract_start_date": at, "contract_end_date": at}
        services.update(
            CustomerObject.objects.get(pk=place.pk),
            both,
            actor=cast.root,
            context=ChangeContext(Channel.COMMAND),
        )
        found = CustomerObject.objects.filter(pk=place.pk)
        assert found.filter(contract_start_date=at).exists()
        if instant is LAST:
            assert not found.filter(contract_start_date__lt=at - timedelta(milliseconds=1)).exists()
