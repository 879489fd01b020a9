"""Behaviour that we make equal on all databases; and, for each case, proof that the database at hand would
behave differently: when that fails, the helper can be removed."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core import checks
from django.db import DataError, IntegrityError, NotSupportedError, connection, connections, transaction
from django.db.models import F
from django.db.models.expressions import OrderBy

from backoffice.accounts.models import UserSession
from backoffice.db.checks import mongodb_has_transactions
from backoffice.db.compat import subquery_ids
from backoffice.db.search import fold
from backoffice.db.transactions import WriteConflict, after_commit, atomic, lock_references, with_retry
from backoffice.people.models import ApiKey, Company, Contact, Customer, User
from backoffice.people.tests.factories import ContactFactory, CustomerFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.fields.base import now
from backoffice.records.models import History
from facility.models import Complaint
from facility.tests.factories import ComplaintFactory

BY_COMMAND = ChangeContext(Channel.COMMAND)


def test_text_is_sorted_by_code_points_with_null_first(cast, records):
    names = ["", "Zebra", "aal", "Ål", "äl", "10", "9", "_", "😀", "\uffff", "é", "e\u0301"]
    made = [
        ContactFactory(company=cast.company, email="k@example.com", first_name=name, last_name=name)
        for name in names
    ]
    ours = Contact.objects.filter(pk__in=[contact.pk for contact in made])
    assert [*ours.order_by("last_name").values_list("last_name", flat=True)] == sorted(names)
    assert [*ours.order_by("-last_name").values_list("last_name", flat=True)] == sorted(names, reverse=True)
    assert {*ours.filter(last_name__gt="a").values_list("last_name", flat=True)} == {
        n for n in names if n > "a"
    }
    complaints = [
        records.complaint.pk,
        ComplaintFactory(company=cast.company, object=records.object.pk, user=cast.vera.pk).pk,
    ]
    mine = Complaint.objects.filter(pk__in=complaints)
    assert [*mine.order_by("user_id").values_list("pk", flat=True)] == complaints
    assert [*mine.order_by("-user_id").values_list("pk", flat=True)] == complaints[::-1]
    assert [*Group.objects.order_by("name").values_list("name", flat=True)] == sorted(
        Group.objects.values_list("name", flat=True)
    )


def test_selected_values_are_sorted_by_code_points_with_null_first(cast, records):
    for name in ("aal", "Zebra", "_"):
        Group.objects.create(name=name)
    for found in (
        Group.objects.values_list("pk", "name"),
        Group.objects.values_list("pk", "name").distinct(),
    ):
        assert connection.vendor != "postgresql" or "NULLS" not in str(found.order_by("name").query)
    names = [name for _pk, name in Group.objects.order_by("name").values_list("pk", "name")]
    assert names == sorted(names)
    unassigned = ComplaintFactory(company=cast.company, object=records.object.pk)
    assert unassigned.user_id is None
    ComplaintFactory(company=cast.company, object=records.object.pk, user=cast.vera.pk)
    found = [user for _pk, user in Complaint.objects.order_by("user_id").values_list("pk", "user_id")]
    assert found[0] is None and found[-1] is not None


@pytest.mark.parametrize(
    ("text", "part", "found"),
    [
        ("Århus Ø", "århus ø", True), ("ärmel", "ÄRM", True), ("Σίσυφος", "ΣΊΣΥΦΟΣ", True), ("größe", "GRÖẞE", True),
        ("a+b@x.dk", "a+b@x", True), ("aab@x.dk", "a+b@x", False), ("50 %_", "0 %_", True), ("50 xy", "0 %_", False),
        ("a\\d", "\\D", True), ("ab", "[AB]", False), ("[ab]", "[AB]", True), ("x^y$", "X^Y$", True), ("a\nb", "A\nB", True),
        ("K", "k", True), ("straße", "STRASSE", False), ("#- &~", "#- &~", True), ("😀", "😀", True), ("''\"", "'\"", True),
    ],
)  # fmt: skip
def test_lookups_ignore_case_and_treat_no_character_as_a_pattern(text, part, found, cast):
    customer = CustomerFactory(company=cast.company, name=text)
    assert Customer.objects.filter(pk=customer.pk, name__has=part).exists() is found


def test_search_finds_text_in_any_case(cast):
    customer = CustomerFactory(company=cast.company, name="Æblegård ™ Ⅻ")
    for text in ("ÆBLEGÅRD", "tm", "æblegard", "xii"):
        assert Customer.objects.search(text).filter(pk=customer.pk).exists(), text
    assert fold("™") == "tm"


ODD = ["0", "a.b", "$ref", "", "%2E", "'", '"', "a b", "å", "-1"]


@pytest.mark.parametrize("name", ODD)
def test_members_of_open_objects_can_have_any_name(name, records, cast):
    others = {other: f"not {other}" for other in ODD if other != name}
    with_it = ComplaintFactory(
        company=cast.company, object=records.object.pk, custom_fields={name: "Tredje Sal", **others}
    ).pk
    without = ComplaintFactory(company=cast.company, object=records.object.pk, custom_fields=others).pk
    nothing = ComplaintFactory(company=cast.company, object=records.object.pk).pk

    def found(lookup, *asked):
        ids = Complaint.objects.filter(**{f"custom_fields__{lookup}": [name, *asked]}).values_list(
            "pk", flat=True
        )
        others = Complaint.objects.exclude(**{f"custom_fields__{lookup}": [name, *asked]})
        assert {*others.values_list("pk", flat=True)} >= {without, nothing}
        return set(ids)

    assert (
        found("has_member")
        == found("member_has", "TREDJE")
        == found("member_in", ["x", "Tredje Sal"])
        == {with_it}
    )


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", None, [1], {"a": 1}, 2**53 + 1, 0.5])
def test_values_of_members_are_compared_as_in_json(value, records, cast):
    values = [True, 1, "1", None, [1], {"a": 1}, 2**53 + 1, 0.5, "true", "null", [True], False, 0]
    ids = {
        ComplaintFactory(company=cast.company, object=records.object.pk, custom_fields={"x": there}).pk: there
        for there in values
    }
    found = Complaint.objects.filter(custom_fields__member_in=["x", [value]]).values_list("pk", flat=True)
    assert [json.dumps(ids[pk]) for pk in found] == [
        json.dumps(1 if value == 1.0 and value is not True else value)
    ]


def test_text_with_a_null_character_is_never_found(client, cast):
    assert not Company.objects.filter(name="a\x00").exists()
    client.cookies["sessionid"] = '"abcdefgh\\000"'
    assert client.get("/account").status_code == 302
    assert client.post("/sign-in", {"username": "a\x00", "password": "x"}).status_code in (200, 404)


def test_a_rolled_back_transaction_leaves_nothing_and_runs_no_after_commit_function(cast):
    acted = []
    with pytest.raises(ZeroDivisionError), atomic():
        CustomerFactory(company=cast.company, name="taken back")
        with atomic():
            after_commit(lambda: acted.append("never"))
        raise ZeroDivisionError
    assert not Customer.objects.filter(name="taken back").exists()
    assert acted == []
    with atomic():
        CustomerFactory(company=cast.company, name="kept")
    assert Customer.objects.filter(name="kept").exists()


def test_a_write_conflict_is_retried(cast):
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise WriteConflict("another writer was first")
        return "done"

    assert with_retry(work) == "done"
    assert len(tries) == 3


def test_a_taken_number_rolls_back_the_whole_transaction(cast):
    first = CustomerFactory(company=cast.company, number=4711)
    rows = History.objects.count()
    with pytest.raises(IntegrityError), atomic():
        taken = Customer(
            company_id=cast.company.pk, number=first.number, created_at=now(), last_modified_at=now()
        )
        History.objects.bulk_create(
            [History(record_type="x", record_id=taken.pk, version=1, at=now(), who="")]
        )
        taken.save_base(force_insert=True)
    assert History.objects.count() == rows


def test_a_sliced_subquery_of_ids_works(cast, records):
    first = Customer.objects.order_by("pk")[:1]
    assert Customer.objects.filter(pk__in=subquery_ids(first.values("pk"))).count() == 1


def test_the_server_supports_transactions():
    assert mongodb_has_transactions(None, databases=None) == []


@pytest.mark.django_db
def test_a_standalone_server_is_refused_with_the_required_command(monkeypatch):
    monkeypatch.setattr(type(connections["default"]), "vendor", "mongodb")
    monkeypatch.setattr(connections["default"].features, "_supports_transactions", False, raising=False)
    (error,) = mongodb_has_transactions(None, databases=["default"])
    assert isinstance(error, checks.Error)
    assert "rs.initiate()" in error.hint


# The reasons: what the database at hand does by default.


def _scalar(sql: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def sqlite_ignores_case_of_ascii_only():
    assert not Customer.objects.filter(name__icontains="århus").exists()
    assert Customer.objects.filter(name__contains="KOLDING").exists()


def sqlite_reads_true_as_one():
    assert _scalar("SELECT JSON_EXTRACT('{\"a\": true}', '$.a')") == 1


def postgresql_sorts_by_a_dictionary():
    assert [*Customer.objects.order_by(OrderBy(F("name"))).values_list("name", flat=True)] != []
    assert _scalar("SELECT 'a' < 'Z'") is True


def postgresql_sorts_null_last():
    assert _scalar("SELECT x FROM (VALUES (1), (NULL)) AS t(x) ORDER BY x LIMIT 1") == 1


def postgresql_returns_large_doubles_as_integers():
    assert isinstance(json.loads(_scalar("SELECT '1e22'::jsonb::text")), int)


def postgresql_truncates_characters_of_an_array():
    assert _scalar("SELECT UNNEST(ARRAY['abc']::char[])") == "a"


def postgresql_fails_on_nul():
    with pytest.raises((DataError, ValueError)), atomic():
        _scalar("SELECT %s = 'a'", "a\x00")


def postgresql_aborts_a_transaction_after_an_error():
    with pytest.raises(transaction.TransactionManagementError), atomic():
        try:
            with transaction.atomic(savepoint=False):
                raise IntegrityError
        except IntegrityError:
            Customer.objects.exists()


def mongodb_does_not_roll_back_djangos_atomic():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Group.objects.create(name="left over")
        raise ZeroDivisionError
    assert Group.objects.filter(name="left over").exists()


def mongodb_does_not_prefetch_many_to_many():
    with pytest.raises(NotSupportedError):
        list(User.objects.prefetch_related("groups"))


def mongodb_does_not_update_across_joins():
    with pytest.raises(NotSupportedError):
        User.objects.filter(company__name="Hansen Service A/S").update(first_name="x")


def mongodb_reads_the_text_of_iexact_as_a_pattern():
    assert Customer.objects.filter(name__iexact="a.+").exists()


def mongodb_has_partial_unique_indexes():
    indexes = connection.database["django_session"].index_information()
    assert [
        name for name, about in indexes.items() if about.get("unique") and "partialFilterExpression" in about
    ]


REASONS = {
    "sqlite": [sqlite_ignores_case_of_ascii_only, sqlite_reads_true_as_one],
    "postgresql": [
        postgresql_sorts_by_a_dictionary, postgresql_sorts_null_last, postgresql_returns_large_doubles_as_integers,
        postgresql_truncates_characters_of_an_array, postgresql_fails_on_nul, postgresql_aborts_a_transaction_after_an_error,
    ],
    "mongodb": [
        mongodb_does_not_roll_back_djangos_atomic, mongodb_does_not_prefetch_many_to_many,
        mongodb_does_not_update_across_joins, mongodb_reads_the_text_of_iexact_as_a_pattern,
        mongodb_has_partial_unique_indexes,
    ],
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS[connection.vendor], ids=lambda reason: reason.__name__)
def test_the_database_still_behaves_differently(reason, cast):
    for name in ("Århus", "kolding", "abc"):
        CustomerFactory(company=cast.company, name=name)
    reason()


# Needed on MongoDB only; on the others it must do no harm.


def test_lock_references_detects_missing_rows(cast, records):
    with atomic():
        assert lock_references(Customer, [cast.resold.pk])
        gone = lock_references(Customer, [cast.resold.pk, "0" * 24])
    assert gone is (connection.vendor != "mongodb")
    assert Customer.objects.get(pk=cast.resold.pk).name == cast.resold.name
    services.update(cast.resold, {"name": "still"}, actor=cast.ada, context=BY_COMMAND)
    services.create(
        Contact, {"email": "k@example.com", "customer": cast.resold.pk}, actor=cast.ada, context=BY_COMMAND
    )


@pytest.mark.parametrize(
    "model, column", [(UserSession, "session_key"), (User, "username"), (ApiKey, "prefix")]
)
def test_sessions_usernames_and_keys_are_found_by_an_index(model, column, db):
    plan = model._base_manager.filter(**{column: "no such one"}).explain()
    assert (
        "IXSCAN" if connection.vendor == "mongodb" else "ndex"
    ) in plan or connection.vendor == "postgresql"


def test_times_are_stored_to_the_millisecond(cast):
    cast.ada.last_login = now() + timedelta(microseconds=999)
    cast.ada.save(update_fields=["last_login"])
    assert User.objects.get(pk=cast.ada.pk).last_login.microsecond % 1000 == 0
