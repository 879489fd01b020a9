"""Case-insensitive lookups: their time is linear in the length of the text."""

import re
import time

import pytest
from django.db import connection

from backoffice.people.models import Customer
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records.fields.lookups import case_insensitive, fold_case
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

LONG = 15_000
PART = "a" * 99 + "b"


def seconds_of(found) -> float:
    """Return the least processor time of five runs."""
    least = []
    for _turn in range(5):
        begin = time.process_time()
        assert not found.all().exists()
        least.append(time.process_time() - begin)
    return min(least)


@pytest.mark.attack
@pytest.mark.skipif(connection.vendor != "sqlite", reason="measures the processor time of this process")
def test_a_text_that_nearly_matches_everywhere_takes_linear_time(cast, records):
    for letter in "ac":
        for _turn in range(3):
            ComplaintFactory(
                company=cast.company, object=records.object.pk, desc=letter * LONG, room_description=letter,
                custom_fields={"long": letter * LONG},
            )  # fmt: skip
    for asked in ({"desc__has": PART}, {"custom_fields__member_has": ["long", PART]}):
        near, far = (
            seconds_of(Complaint.objects.filter(room_description=letter, **asked)) for letter in "ac"
        )
        assert near < 5 * far + 0.005, asked


@pytest.mark.attack
@pytest.mark.skipif(connection.vendor == "mongodb", reason="MongoDB uses a pattern of bounded length")
def test_lookups_use_no_regular_expression(cast):
    for found in (
        Customer.objects.filter(name__has=PART),
        Complaint.objects.filter(custom_fields__member_has=["long", PART]),
    ):
        sql, values = found.query.sql_with_params()
        assert "REGEXP" not in sql and " ~ " not in sql
        assert not any("[" in str(value) for value in values)


def test_case_is_folded_like_mongodbs_patterns(cast):
    for text in ("ſſS", "Kk\u212a", "ßẞ", "ÅåÅ", "ǅǆǄ", "İıIi", "Ωω\u2126", "ΣΣσς"):
        customer = CustomerFactory(company=cast.company, name=text)
        for other in (text.upper(), text.lower(), text[::-1]):
            for letter in other:
                matches = re.search(case_insensitive(letter), text) is not None
                assert (fold_case(letter) in fold_case(text)) is matches, (text, letter)
                assert Customer.objects.filter(pk=customer.pk, name__has=letter).exists() is matches
