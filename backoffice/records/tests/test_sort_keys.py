"""Lists sorted by the language of the company, the same on all databases."""

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from backoffice.people.models import Company, Contact, Customer
from backoffice.people.tests.factories import CompanyFactory, ContactFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields.sort_keys import LONGEST, SortKeyField, sort_column, sort_key
from backoffice.records.services import update_company_sort_keys
from backoffice.records.writes.derived_text import text_models
from facility.models import Complaint

BY_COMMAND = {"actor": Installation(), "context": ChangeContext(Channel.COMMAND)}

DANISH = ["", "(2) Bygning", "2a", "9", "10", "Abel", "abel", "Ábel", "Bygning 2", "Bygning-2", "bygning 2 vest",
          "Bygning 10", "Hansen A", "Hansen B", "Hansena", "Über", "Yding", "Zebra", "Ærø", "Ödegård", "Øster", "Åben",
          "Aabenraa", "Ål", "Aalborg", "Åse"]  # fmt: skip
GERMAN = ["", "Aar", "Ähre", "Arzt", "Lodz", "Łódź", "Maier 007", "Maier 7a", "Muller", "Müller", "Ofen", "Öl", "Östlich",
          "Strasse 2", "Straße 2", "Strasse 10", "Straße 10", "Straße 10 b", "Zebra"]  # fmt: skip


@pytest.mark.parametrize(("names", "language"), [(DANISH, "da"), (GERMAN, "de"), (GERMAN, "en")])
def test_names_are_sorted_by_language(names, language):
    for given in (sorted(names), names[::-1]):
        assert sorted(given, key=lambda name: sort_key(name, language)) == names


@pytest.mark.parametrize(("names", "language"), [(DANISH[1:], "da"), (GERMAN[1:], "de")])
def test_databases_sort_keys_by_code_points(names, language, cast):
    cast.company = services.update(cast.company, {"language": language}, **BY_COMMAND).record
    for name in sorted(names, key=lambda name: name[::-1]):
        CustomerFactory(company=cast.company, name=name)
    found = Customer._base_manager.filter(company_id=cast.company.pk, name__in=names)
    assert list(found.order_by("name_sort", "id").values_list("name", flat=True)) == names
    assert list(found.order_by("-name_sort", "id").values_list("name", flat=True)) == names[::-1]
    assert {record.name for record in found.order_by()} == set(names)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300,
        "9" * 300,
        "ß" * 300,
        "😀" * 300,
        "\ufdfa" * 300,
        "Å " * 200,
        "\u0301" * 300,
        "\x01\x02",
        "²½Ⅻ",
    ],
)
def test_keys_have_a_maximum_length(text):
    for language in ("da", "de", "en"):
        key = sort_key(text, language)
        assert len(key.encode()) < 1300
        assert len(sort_key(text, language, is_long=True)) <= 100
    assert sort_key("a" * LONGEST + "b", "da") == sort_key("a" * LONGEST + "c", "da")


def test_keys_follow_the_record_and_are_not_properties(cast):
    customer = CustomerFactory(company=cast.company, name="Bygning 10", phone="1")
    assert customer.name_sort == sort_key("Bygning 10", "da") and customer.sort_language == "da"
    seen = Customer.objects.visible_to(cast.ada).get(pk=customer.pk)
    assert "name_sort" not in vars(seen) and "name_sort" not in Customer.properties
    planned = services.update(seen, {"name": "Bygning 2"}, **BY_COMMAND)
    assert [entry["property"] for entry in planned.changes] == ["name"]
    kept = Customer._base_manager.get(pk=customer.pk)
    assert (kept.name_sort, kept.phone_sort) == (sort_key("Bygning 2", "da"), sort_key("1", "da"))
    assert {name: getattr(kept, name) for name in Customer.sort_key_names} == {
        field.name: sort_key(getattr(kept, field.of) or "", "da", field.is_long)
        for field in Customer._meta.concrete_fields
        if isinstance(field, SortKeyField)
    }


def test_every_sortable_text_has_a_key_and_no_secret_has_one():
    from backoffice.web.viewsets import all_viewsets
    from tests.proofs.test_indexes import LISTS

    for model in text_models():
        for name in model.sort_key_names:
            prop = model.properties[model._meta.get_field(name).of]
            assert prop.guard is None and not prop.many, name
    without = set()
    for kind in all_viewsets():
        for path in (path for column in kind.all_columns for path in column.sort):
            without |= _without(kind.model, path)
    for listing in LISTS.values():
        for column in listing.document.scalars.values():
            without |= _without(listing.document.model, column.name)
    assert without == set()


def _without(model, path) -> set[str]:
    *references, name = path.split("__")
    owner = model
    for reference in references:
        owner = owner._meta.get_field(reference).related_model
    field = owner._meta.get_field(name)
    is_text = isinstance(field, (models.CharField, models.TextField)) and not field.choices
    is_id = field.is_relation or type(field).__name__ == "ObjectIdField"
    return (
        {f"{owner.__name__}.{name}"} if is_text and not is_id and sort_column(model, path) == path else set()
    )


def test_changing_a_companys_language_updates_its_keys(cast, records, django_capture_on_commit_callbacks):
    theirs = CustomerFactory(company=cast.elsewhere, name="Århus")
    names = ["Zebra", "Århus", "Aabenraa", "Bech"]
    for name in names:
        CustomerFactory(company=cast.company, name=name)
    UserFactory(username="åse", email="aase@example.com", company=cast.company)
    version = Complaint._base_manager.get(pk=records.complaint.pk).version

    def listed():
        found = Customer.objects.visible_to(cast.ada).filter(name__in=names)
        return list(found.values_list("name", flat=True))

    assert listed() == ["Bech", "Zebra", "Aabenraa", "Århus"]
    with django_capture_on_commit_callbacks(execute=True):
        services.update(cast.company, {"language": "en"}, **BY_COMMAND)
    assert listed() == ["Aabenraa", "Århus", "Bech", "Zebra"]
    for model in text_models():
        if model is Company or any(field.name == "company" for field in model._meta.fields):
            name = "pk" if model is Company else "company_id"
            mine = model._base_manager.filter(**{name: cast.company.pk})
            assert set(mine.values_list("sort_language", flat=True)) <= {"en"}, model
    assert Complaint._base_manager.get(pk=records.complaint.pk).version == version
    assert Customer._base_manager.get(pk=theirs.pk).name_sort == sort_key("Århus", "de")
    assert CustomerFactory(company=cast.company, name="Åse").name_sort == sort_key("Åse", "en")
    assert update_company_sort_keys(cast.company.pk, "en") == 0


def test_a_command_completes_an_interrupted_update(cast):
    customer = CustomerFactory(company=cast.company, name="Århus")
    Customer._base_manager.filter(pk=customer.pk).update(name_sort="", sort_language="")
    Company._base_manager.filter(pk=cast.company.pk).update(language="en")
    call_command("update_sort_keys", stdout=(output := io.StringIO()))
    assert Customer._base_manager.get(pk=customer.pk).name_sort == sort_key("Århus", "en")
    assert "records updated" in output.getvalue()
    call_command("update_sort_keys", stdout=(output := io.StringIO()))
    assert "All records are up to date." in output.getvalue()


def test_an_update_of_an_outdated_record_creates_its_keys(cast):
    customer = CustomerFactory(company=cast.company, name="Århus")
    Customer._base_manager.filter(pk=customer.pk).update(name_sort="", sort_language="")
    services.update(Customer._base_manager.get(pk=customer.pk), {"name": "Åse"}, **BY_COMMAND)
    assert Customer._base_manager.get(pk=customer.pk).name_sort == sort_key("Åse", "da")


@pytest.mark.skipif(
    connection.vendor == "postgresql", reason="creates no index in a transaction that has written"
)
def test_migrate_creates_the_keys_of_existing_records(cast):
    contact = ContactFactory(company=cast.company, last_name="Østergård")
    Contact._base_manager.update(last_name_sort="", sort_language="")
    Company._base_manager.update(name_sort="", sort_language="")
    call_command("migrate", verbosity=0)
    assert Contact._base_manager.get(pk=contact.pk).last_name_sort == sort_key("Østergård", "da")
    for model in text_models():
        assert not model._base_manager.filter(sort_language="").exists(), model


def test_new_companies_have_the_language_of_the_installation(db, settings):
    settings.LANGUAGE_CODE = "de-ch"
    assert CompanyFactory(name="Neu").language == "de"
    settings.LANGUAGE_CODE = "fr"
    assert CompanyFactory(name="Nouveau").language == "en"
    assert apps.get_model("people.company")._meta.get_field("language").default() == "en"
