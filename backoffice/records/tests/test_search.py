"""Search by beginnings of words, with and without the database's index."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.db import search, search_index
from backoffice.db.search import make_search_text
from backoffice.people.models import Customer
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.writes import derived_text

BY_COMMAND = {"actor": Installation(), "context": ChangeContext(Channel.COMMAND)}


@pytest.fixture(params=["by its index", "one by one"])
def search_method(request, monkeypatch):
    """Search rare words by the index, or frequent ones by scanning."""
    if request.param == "one by one":
        monkeypatch.setattr(search_index, "RARE", 0)


def search_names(text) -> set[str]:
    return {customer.name for customer in Customer.objects.mark_whole_companies(None).search(text)}


@pytest.mark.parametrize(
    ("name", "text", "is_found"),
    [
        ("Lampen i kælderen", "lamp", True), ("Lampen i kælderen", "KAELD", True), ("Lampen i kælderen", "kælder LAMP", True),
        ("Lampen i kælderen", "ampen", False), ("Lampen i kælderen", "lamp loft", False), ("(Lampen)", "lamp", True),
        ("Rådhus-kontoret", "kontor", True), ("Rådhus-kontoret", "radhus-k", True), ("kaj@hansen.dk", "hansen", True),
        ("Æblegård", "æblegard", True), ("“Große” Straße", "grosse STRASSE", True), ("Σίσυφος", "σισυφ", True),
        ("A AND B OR NOT", "and", True), ("Næ'\"; DROP", "drop", True), ("50 %_", "%", False), ("50 %_", "50 %", True),
        ("x" * 300, "x" * 150, True), ("日本語", "日", True), ("😀 smil", "😀", False), ("Nær", "NEAR", False), ("år_2026", "2026", True),
    ],
)  # fmt: skip
def test_words_are_found_by_their_beginning(name, text, is_found, search_method, cast):
    CustomerFactory(company=cast.company, name=name[:255])
    assert (name[:255] in search_names(text)) is is_found


SPELLINGS = [
    ("Müller", "Mueller", "müller", "muller"), ("Sønderborg", "Soenderborg", "sønderborg", "sonderborg"),
    ("Åbenrå", "Aabenraa", "åbenrå", "abenra"), ("Åparken", "aaparken", "AAPARKEN", "aparken"), ("Aabenraa", "åbenrå", "Åbenraa"),
    ("O'Brien", "obrien", "O’Brien", "o`brien", "OBrien", "o‘brien", "brien"), ("OBrien", "O'Brien", "o’brien"),
    ("Łódź", "lodz", "ŁÓDŹ"), ("Đorđević", "dordevic"), ("Guðrún", "gudrun"), ("Ħal", "hal"), ("Kırıkkale", "kirikkale"),
    ("Æblegård", "aeblegaard", "aeblegard", "æblegaard"), ("Œuvre", "oeuvre"), ("Þór", "thor"), ("Große", "grosse", "GROẞE", "große"),
    ("Jörg", "Joerg", "jorg", "jørg"), ("Joerg", "jörg"), ("Ström", "strom", "stroem", "strøm"), ("D’Angelo", "dangelo", "d'angelo"),
    ("Køge", "koge", "koege"), ("Cafe\u0301", "café", "CAFE"), ("Mu\u0308ller", "mueller", "müller"), ("Smith's", "smiths", "smith"),
]  # fmt: skip


@pytest.mark.parametrize("spelled", SPELLINGS, ids=[name for name, *_asked in SPELLINGS])
def test_names_are_found_in_other_spellings(spelled, search_method, cast):
    name, *asked = spelled
    CustomerFactory(company=cast.company, name=name)
    for text in (name, *asked):
        assert name in search_names(text), text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Jonas", "Joe"), ("Manulla", "Manuel"), ("Butik", "bue"), ("Nar", "naar"), ("Poul", "poet"), ("Brien", "O'Brien"),
        ("Muller", "mueller"), ("Isak", "Isaac"), ("Blume", "blue"), ("Sonja", "soe"), ("Obi Rien", "o'brien"),
    ],
)  # fmt: skip
def test_other_spellings_do_not_find_other_names(name, text, search_method, cast):
    CustomerFactory(company=cast.company, name=name)
    assert name not in search_names(text)


def test_the_search_text_follows_the_record(search_method, cast):
    customer = CustomerFactory(company=cast.company, name="Solbakken")
    other = CustomerFactory(company=cast.company, name=f"Nr {customer.pk}")
    assert search_names("solb") == {"Solbakken"}
    assert search_names(customer.pk) == {other.name}
    customer = services.update(customer, {"name": "Havnen"}, **BY_COMMAND).record
    assert (search_names("solb"), search_names("havn")) == (set(), {"Havnen"})
    services.delete(customer, **BY_COMMAND)
    assert search_names("havn") == set()
    assert search_names("") >= {other.name}
    assert search_names(" ") == search_names("¡!") == set()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite loses triggers with their table")
@pytest.mark.parametrize("gone", [[], ["people_customer_words"], ["people_customer_words_of"]])
def test_a_missing_index_is_rebuilt(gone, cast):
    """As after a migration that rebuilt the table, or an upgrade from a version with another index."""
    table = "people_customer_words"
    with connection.cursor() as cursor:
        for event in ("insert", "update", "delete"):
            cursor.execute(f"DROP TRIGGER {table}_{event}")
        for each in gone:
            cursor.execute(f"DROP TABLE {each}")
    customer = CustomerFactory(company=cast.company, name="Solbakken")
    if table in gone:
        assert search_names("solb") == {"Solbakken"}
    call_command("migrate", verbosity=0)
    assert search_names("solb") == {"Solbakken"}
    CustomerFactory(company=cast.company, name="Solsiden")
    assert search_names("sols") == {"Solsiden"}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {table} MATCH '{cast.company.pk}sol*'")
        assert cursor.fetchone() == (2,)
    services.update(customer, {"name": "Havnen"}, **BY_COMMAND)
    assert (search_names("solb"), search_names("havn")) == (set(), {"Havnen"})


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite had another index")
def test_an_index_that_stored_the_texts_is_rebuilt(cast):
    table = "people_customer_words"
    CustomerFactory(company=cast.company, name="Solbakken")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute(f"CREATE VIRTUAL TABLE {table} USING fts5(words)")
    call_command("migrate", verbosity=0)
    assert search_names("solb") == {"Solbakken"}
    assert f"{table}_content" not in connection.introspection.table_names()


def test_migrate_updates_search_texts_of_older_versions(search_method, cast, records):
    """As in an installation of an earlier version: without other spellings and telephone numbers."""
    CustomerFactory(company=cast.company, name="Sønderborg", phone="+45 5550 1701")
    CustomerObject = apps.get_model("facility", "CustomerObject")
    place = CustomerObject._base_manager.get(pk=records.object.pk)
    for model in (Customer, CustomerObject):
        model._base_manager.update(search_text=" sønderborg 45 5550 1701")
    assert search_names("soenderborg") == set()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'people_customer_words_update'")
            ((sql,),) = cursor.fetchall()
            cursor.execute("DROP TRIGGER people_customer_words_update")
            cursor.execute(sql.replace("new.search_text, ' '", "new.search_text, '~'"))
    if connection.vendor == "postgresql":  # (creates no index in a transaction that has written)
        for model in (Customer, CustomerObject):
            derived_text.update_outdated(model)
    else:
        call_command("migrate", verbosity=0)
    assert search_names("soenderborg") == search_names("55501701") == {"Sønderborg"}
    renewed = CustomerObject._base_manager.get(pk=place.pk)
    assert renewed.search_text == renewed.make_search_text() == place.search_text
    assert " school" in renewed.search_text
    assert (renewed.version, renewed.last_modified_at) == (place.version, place.last_modified_at)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM sqlite_master WHERE sql LIKE '%~%' AND type = 'trigger'")
            assert cursor.fetchone() == (0,)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has triggers")
def test_an_index_that_is_up_to_date_is_unchanged(cast):
    call_command("migrate", verbosity=0)
    with CaptureQueriesContext(connection) as context:
        derived_text.update_text_columns(apps.get_app_config("people"), "default")
    assert not [query["sql"] for query in context if not query["sql"].startswith(("SELECT", "PRAGMA", "\n"))]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite gets INDEXED BY")
def test_the_index_hint_for_sqlite_names_the_index_of_ids(db):
    models = [model for model in apps.get_models() if getattr(model, "searched_properties", ())]
    assert len(models) > 8
    for model in models:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA index_info(sqlite_autoindex_{model._meta.db_table}_1)")
            assert [column for _place, _number, column in cursor] == ["_id"], model


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has a separate index")
def test_deleted_words_are_purged(cast):
    def is_kept() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT block FROM people_customer_words_data")
            return any(b"ertrud" in block for (block,) in cursor)

    customer = CustomerFactory(company=cast.company, name="Gertrud")
    services.update(customer, {"name": "Havnen"}, **BY_COMMAND)
    search_index.purge_deleted_words()
    assert not is_kept()
    CustomerFactory(company=cast.company, name="Gertrud")
    search_index.purge_deleted_words()
    assert is_kept()


def test_the_search_text_has_a_length_that_every_database_can_index(cast):
    text = make_search_text(" ".join(f"ord{number}" for number in range(40_000)))
    assert len(text) == search.MOST_LETTERS
    customer = CustomerFactory(company=cast.company, description="x", name="Lang")
    Customer.objects.filter(pk=customer.pk).update(search_text=text)
    assert search_names("ord0") == {"Lang"}
