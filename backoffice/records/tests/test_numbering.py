"""Numbering of records."""

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from facility.models import Complaint

BY_BROWSER = ChangeContext(Channel.BROWSER)


def create_complaint(cast, records, **values):
    values |= {"object": records.object.pk, "desc": "Lampen er gået"}
    return services.create(Complaint, values, actor=cast.alice, context=BY_BROWSER).record.number


def test_numbering_continues_after_a_chosen_number(cast, records):
    services.update(records.complaint, {"number": 4711}, actor=cast.alice, context=BY_BROWSER)
    assert create_complaint(cast, records) == 4712
    assert create_complaint(cast, records, number=5000) == 5000
    assert create_complaint(cast, records) == 5001


def test_the_highest_possible_number_does_not_end_the_numbering(cast, records):
    services.update(records.complaint, {"number": 2**63 - 1}, actor=cast.alice, context=BY_BROWSER)
    assert create_complaint(cast, records) == 2
    assert create_complaint(cast, records) == 3


def test_numbering_skips_taken_numbers(cast, records):
    create_complaint(cast, records, number=2**53)
    create_complaint(cast, records, number=2**53 - 1)
    assert create_complaint(cast, records) == 2**53 + 1
