"""An export, imported into an empty database and exported again, is identical byte for byte."""

from datetime import datetime, timezone

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from backoffice.exchange.exportables import exportables
from backoffice.exchange.exports import formats_of, pieces_of, visible_records
from backoffice.people.tests.factories import ContactFactory, CustomerFactory, UserFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import is_visible
from backoffice.records.tests.parameters import deep_only
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.rollback import rolled_back

COMMAND = ChangeContext(Channel.COMMAND)
CARRIED = [slug for slug, subject in exportables().items() if subject.document]
OURS = {"records", "people", "facility", "supportdesk", "exchange", "uploads"}


def exports(*slugs) -> dict[tuple[str, str], bytes]:
    """All types of records in all formats."""
    found = {}
    for slug in slugs or CARRIED:
        subject = exportables()[slug]
        for format in formats_of(subject):
            queryset = visible_records(subject.model, Installation()).order_by("pk")
            found[slug, format.name] = b"".join(pieces_of(subject, format, queryset, Installation(), COMMAND))
    return found


def delete_all_records() -> None:
    """Delete all records, history and users: the rest equals a new database."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in OURS:
            model._base_manager.all()._raw_delete("default")


def round_trip(folder) -> None:
    """Export all records to an empty database and back, with foreign keys."""
    before = exports()
    documents = {slug: before[slug, "documents"] for slug in CARRIED}
    delete_all_records()
    answer = folder.take_all(documents)
    assert answer.failure == "", answer.report
    assert exports() == before
    connection.check_constraints()
    again = folder.take_all(documents)
    assert "0 new, 0 changed" in again.report


@pytest.mark.slow
@pytest.mark.django_db
def test_a_company_with_all_record_types_is_identical(cast, records, folder):
    services.update(records.complaint, {"user": cast.alice.pk}, actor=cast.alice, context=COMMAND)
    services.update(records.complaint, {}, actor=cast.alice, context=COMMAND, action="finish")
    services.update(records.case, {"response_answer": "Ja"}, actor=cast.sven, context=COMMAND)
    services.update(records.object, {"status": 2, "number": 2**60}, actor=cast.root, context=COMMAND)
    cast.alice.last_login = records.object.created_at
    cast.alice.save(update_fields=["last_login"])
    round_trip(folder)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("nothing", [" ", "\u200b", "\U0006f1c6\x7f"], ids=ascii)
def test_invisible_texts_of_older_versions_are_imported(cast, records, folder, nothing):
    company = cast.company
    complaint = ComplaintFactory(company=company, object=records.object.pk, tags=["a"])
    case = SupportCaseFactory(company=company, comments=[{"comment": "a"}])
    contact = ContactFactory(company=company, email="")
    for record, name in (
        (complaint, "desc"),
        (case, "name"),
        (records.article, "name"),
        (contact, "first_name"),
    ):
        type(record)._base_manager.filter(pk=record.pk).update(**{name: nothing})
    for record, rows, name in ((complaint, "tags", "text"), (case, "comments", "comment")):
        record.properties[rows].model._base_manager.filter(record_id=record.pk).update(**{name: nothing})
    round_trip(folder)


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
line = text.filter(is_visible)
moments = st.datetimes(datetime(1900, 1, 2), timezones=st.just(timezone.utc))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
anything = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(text | st.sampled_from(["$oid", "$date", "_id"]), inner, max_size=3)
    ),
    max_leaves=6,
)
uris = st.sampled_from(["https://a.dk/1", "urn:x:y", "https://a.dk/%20?q=1#x"])
files = st.lists(st.fixed_dictionaries({"url": uris, "type": st.sampled_from(["IMAGE", "DOC"])}), max_size=2)


class World:
    """The records that an example may refer to."""

    def __init__(self, cast, records):
        self.cast, self.place = cast, records.object
        self.article, self.contact = records.article, records.contact
        self.numbers = set()
        self.makers = [complaint, customer_object, case, neighbours]


def complaint(draw, world):
    values = {
        "desc": draw(line), "room_description": draw(text), "priority": draw(st.integers(1, 4)), "comment": draw(text),
        "images": draw(st.lists(uris, max_size=2)), "user": draw(st.sampled_from([None, world.cast.alice.pk])),
        "custom_fields": draw(st.none() | st.dictionaries(text | st.just("$oid"), anything, max_size=3)),
        "tags": draw(st.lists(line, max_size=3, unique=True)), "number": draw(st.integers(10**6, 2**63 - 1).filter(lambda n: n not in world.numbers)),
        "status": draw(st.integers(-(2**31), 2**31 - 1)),
    }  # fmt: skip
    world.numbers.add(values["number"])
    record = ComplaintFactory(company=world.cast.company, object=world.place.pk, **values)
    for action in draw(st.sampled_from([[], ["finish"], ["finish", "reopen"]])):
        record = services.update(record, {}, actor=world.cast.alice, context=COMMAND, action=action).record


def customer_object(draw, world):
    latitude = draw(st.none() | st.floats(-90, 90))
    values = {
        "name": draw(text), "address_street": draw(line), "description": draw(text), "rating": draw(st.none() | st.floats(0, 5)),
        "security_code": draw(anything), "key": draw(anything), "service_recipient": draw(st.none() | text),
        "contract_start_date": draw(st.none() | moments), "location_latitude": latitude,
        "location_longitude": None if latitude is None else draw(st.floats(-180, 180)),
        "material": draw(st.just([]) | st.builds(lambda n: [{"article": world.article.pk, "budget": n}],
                         st.none() | st.floats(allow_nan=False, allow_infinity=False))),
        "contacts": draw(st.sampled_from([[], [world.contact.pk]])), "tags": draw(st.lists(line, max_size=2, unique=True)),
    }  # fmt: skip
    CustomerObjectFactory(company=world.cast.company, customer=world.cast.resold.pk, **values)


def case(draw, world):
    people = st.sampled_from([None, world.cast.sven.pk, world.cast.rikke.pk])
    comment = st.fixed_dictionaries(
        {"comment": line, "files": files},
        optional={"employee": people, "employee_name": text, "is_support": st.booleans(), "date": moments},
    )
    values = {
        "name": draw(line), "description": draw(text), "private_information": draw(text), "files": draw(files),
        "comments": draw(st.lists(comment, max_size=2)), "customer": draw(st.sampled_from([None, world.cast.resold.pk])),
        "device": draw(st.sampled_from(["", "CROMEMAC", "OTHER"])), "response_answer": draw(text),
        "solved": draw(st.booleans()),
    }  # fmt: skip
    record = SupportCaseFactory(company=world.cast.company, **values)
    emptied = draw(
        st.sets(st.sampled_from(["customer_name", "employee_name", "response_author", "response_date"]))
    )
    services.update(
        record,
        {name: None if name == "response_date" else "" for name in emptied},
        actor=Installation(),
        context=COMMAND,
    )


def neighbours(draw, world):
    home = {"company": world.cast.company}
    customer = CustomerFactory(**home, name=draw(line), description=draw(text), phone=draw(text))
    ContactFactory(**home, first_name=draw(line), last_name=draw(line), customer=customer.pk, role=draw(text))
    ArticleFactory(**home, name=draw(line), unit=draw(text)[:30])
    UserFactory(
        **home, username=f"drawn{draw(st.integers(0, 99))}", first_name=draw(text), customer=customer.pk,
        is_active=draw(st.booleans()), password=make_password(None),
        roles=draw(st.lists(st.sampled_from(["Viewer", "Reseller"]), max_size=2, unique=True)),
    )  # fmt: skip


def check_example(cast, records, folder, data):
    world = World(cast, records)
    with rolled_back():
        for _each in range(data.draw(st.integers(1, 3))):
            make = data.draw(st.sampled_from(world.makers))
            make(data.draw, world)
            if make is neighbours:
                world.makers.remove(make)  # its username is from a small set
        round_trip(folder)


RELAXED = {
    "deadline": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
    "derandomize": True,
}


@pytest.mark.django_db
@settings(max_examples=2, **RELAXED)
@given(data=st.data())
@deep_only
def test_any_records_are_identical(cast, records, folder, data):
    check_example(cast, records, folder, data)


@pytest.mark.deep
@pytest.mark.django_db
@settings(max_examples=100, **RELAXED)
@given(data=st.data())
def test_many_records_are_identical(cast, records, folder, data):
    check_example(cast, records, folder, data)


@pytest.mark.deep
def test_a_whole_installation_is_identical(installation, tmp_path):
    """The command and files: every list in every format is identical."""
    (tmp_path / "other").mkdir()
    other = installation.copy(tmp_path / "other")
    installation.manage("demo")
    words = []
    for slug in CARRIED:
        words += [slug, str(tmp_path / f"{slug}.documents")]
    for here, folder in ((installation, tmp_path), (other, tmp_path / "other")):
        if here is other:
            here.manage("import_documents", *words)
            assert here.rows("SELECT DISTINCT action FROM records_history") == [("import",)]
        for slug in CARRIED:
            for format in formats_of(exportables()[slug]):
                target = folder / f"{slug}.{format.name}"
                here.manage("export", slug, "--format", format.name, "--output", str(target))
                if here is other:
                    assert target.read_bytes() == (tmp_path / target.name).read_bytes(), target.name
