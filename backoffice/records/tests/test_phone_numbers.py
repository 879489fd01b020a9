"""Telephone numbers are found in any notation, of the query and of the record."""

import pytest

from backoffice.db import search_index
from backoffice.db.phone_numbers import find_numbers, number_forms
from backoffice.people.models import Contact, Customer
from backoffice.people.tests.factories import ContactFactory, CustomerFactory
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

DANISH = ["+45 55 50 17 01", "+4555501701", "004555501701", "0045 5550 1701", "55501701", "5550 1701", "55 50 17 01",
          "(+45) 5550-1701", "4555501701", "5550.1701", "+45\u00a05550\u20111701", "５５５０１７０１", "5550/1701"]  # fmt: skip
SWISS = ["+41 99 755 10 20", "+41997551020", "0041 99 755 10 20", "41 997551020", "099 755 10 20", "0997551020",
         "+41 (0)99 755 10 20", "(099) 755-10-20"]  # fmt: skip
GERMAN = [
    "+49 30 123456",
    "030 123456",
    "030/123456",
    "(030) 123456",
    "0049 30 123456",
    "+49 (0) 30 / 12 34 56",
    "030123456",
]


@pytest.fixture(params=["by its index", "one by one"])
def search_method(request, monkeypatch):
    if request.param == "one by one":
        monkeypatch.setattr(search_index, "RARE", 0)


@pytest.mark.parametrize("spellings", [DANISH, SWISS, GERMAN], ids=["da", "ch", "de"])
def test_a_number_is_found_in_any_notation(spellings, search_method, cast):
    ids = {CustomerFactory(company=cast.company, phone=written).pk for written in spellings}
    CustomerFactory(company=cast.company, phone="+45 5550 1702", description="5550 1799")
    for asked in spellings:
        found = Customer.objects.visible_to(cast.ada).search(asked)
        assert set(found.values_list("pk", flat=True)) == ids, asked


def test_numbers_are_found_in_every_phone_property(cast, records):
    written, asked = "+45 20 30 40 51", ("20304051", "2030 4051", "004520304051", "+4520304051")
    made = [
        ContactFactory(company=cast.company, phone=written),
        CustomerObjectFactory(
            company=cast.company, customer=records.object.customer_id, contact_phone=written
        ),
        CustomerObjectFactory(company=cast.company, customer=records.object.customer_id, contact_fax=written),
        ComplaintFactory(company=cast.company, object=records.object.pk, contact_telephone=written),
    ]
    for model in (Contact, CustomerObject, Complaint):
        ids = {record.pk for record in made if isinstance(record, model)}
        for text in (*asked, f"{asked[1]} {made[0].first_name}" if model is Contact else asked[0]):
            found = set(model.objects.visible_to(cast.ada).search(text).values_list("pk", flat=True))
            assert found == ids, (model, text)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("55501701 / 55501702", [("55501701",), ("55501702",)]), ("5550 1701 - 5550 1702", [("55501701",), ("55501702",)]),
        ("5550 1701, 5550 1702", [("55501701",), ("55501702",)]), ("(030) 12345 lok. 12", [("3012345",)]),
        ("2. sal", []), ("", []), ("+", []), ("((((", []), ("1" * 40, []), ("a5550170b", []), ("01067", []), ("12 6200", [("126200",)]),
        ("+1 (212) 555-1234", [("2125551234",)]), ("+354 555 1234", [("5551234",)]), ("2026-01-02", [("20260102",)]),
    ],
)  # fmt: skip
def test_different_numbers_are_distinct(text, numbers):
    assert [forms for _start, _end, forms in find_numbers(text)] == numbers


def test_a_partial_number_is_found(search_method, cast):
    pk = CustomerFactory(company=cast.company, phone="+45 55501701").pk
    for end in range(3, len("5550 1701") + 1):
        typed = "5550 1701"[:end]
        found = Customer.objects.visible_to(cast.ada).search(typed)
        assert pk in found.values_list("pk", flat=True) or end == 6, typed  # (“5550 1” is still two words)
    assert number_forms("4555501701") == ("4555501701", "55501701")


def test_words_next_to_a_number_still_count(search_method, cast):
    pk = CustomerFactory(company=cast.company, name="Solbakken", phone="5550 1701").pk
    for text, is_found in (("sol +45 55501701", True), ("5550 1701 solb", True), ("måne 5550 1701", False)):
        found = Customer.objects.visible_to(cast.ada).search(text)
        assert (pk in found.values_list("pk", flat=True)) is is_found, text
