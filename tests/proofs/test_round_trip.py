"""Any valid document that is created over JSON is read back as it was sent, and sending back what was read
changes nothing."""

from dataclasses import dataclass, field

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.api.dialects import PLAND, TELECOMX, Dialect
from backoffice.api.schema import Document
from backoffice.api.tests.clients import ApiClient
from backoffice.directory.api.documents import CONTACT, CUSTOMER
from backoffice.people.models import Contact, Customer, User
from backoffice.records.models import History
from facility.api.documents import ARTICLE, COMPLAINT, CUSTOMER_OBJECT
from facility.models import Article, CustomerObject
from supportdesk.api.documents import NEW_SUPPORT_CASE
from tests.support.derived_records import DERIVED, document_of
from tests.support.rollback import rolled_back
from tests.support.valid_documents import INSTANTS, Ids, valid_documents, values_of

pytestmark = pytest.mark.django_db
HOW = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}


TAKEN = range(1, 100)
"""The range of numbers that existing records may have."""


@dataclass(frozen=True)
class Kind:
    """A document and its address; the rules across its properties, as strategies."""

    document: Document
    address: str
    dialect: Dialect = PLAND
    update: str = "PATCH"
    rules: dict = field(default_factory=dict)

    def __str__(self):
        return self.address

    def bodies(self, ids: Ids) -> st.SearchStrategy:
        given = {name: rule(self, ids) for name, rule in self.rules.items()}
        bodies = valid_documents(self.document, self.dialect, ids, **given)
        return bodies.filter(lambda body: body.get("number") not in TAKEN)

    def values(self, attribute: str, ids: Ids) -> st.SearchStrategy:
        """Return a strategy for the values of one property."""
        return values_of(self.document.bound[attribute].field, self.dialect, ids)


class DerivedKind(Kind):
    """A record type that is not listed: its model has the rules across properties."""

    def bodies(self, ids):
        return super().bodies(ids).filter(self.is_valid)

    def is_valid(self, body: dict) -> bool:
        record = self.document.model()
        for name, value in self.document.values(body).items():
            if not record.properties[name].many:
                setattr(record, record.properties[name].attname, record.properties[name].to_python(value))
        try:
            record.clean()
        except ValidationError:
            return False
        return True


def contracts(kind, ids):
    """Contracts that do not end before they start."""
    both = st.lists(INSTANTS, min_size=2, max_size=2).map(sorted)
    dates = both.map(lambda pair: [kind.dialect.instant(moment) for moment in pair])
    whole = dates.map(lambda pair: dict(zip(("startDate", "endDate"), pair, strict=True)))
    return whole | whole.map(lambda contract: contract | {"startDate": None}) | st.just({})


def locations(kind, ids):
    """Both coordinates or neither."""
    parts = {
        name: kind.values(f"location_{name}", ids).filter(_has_value) for name in ("latitude", "longitude")
    }
    return st.fixed_dictionaries(parts) | st.just({"latitude": None, "longitude": None}) | st.just({})


def _has_value(value):
    return value is not None and value != ""


def addresses(kind, ids):
    """At least one part is present."""
    parts = {name: kind.values(f"address_{name}", ids) for name in ("street", "zip", "city", "country")}
    return st.fixed_dictionaries({}, optional=parts).filter(lambda address: any(address.values()))


def names_or_email(kind, ids):
    return kind.values("email", ids).filter(_has_value)


KINDS = [
    Kind(COMPLAINT, "/v2/complaints"),
    Kind(
        CUSTOMER_OBJECT,
        "/v2/objects",
        rules={"contract": contracts, "location": locations, "address": addresses},
    ),
    Kind(NEW_SUPPORT_CASE, "/iptv/supportcase", TELECOMX, "POST"),
    Kind(CUSTOMER, "/v2/customers"),
    Kind(CONTACT, "/v2/contacts", rules={"email": names_or_email}),
    Kind(ARTICLE, "/v2/articles"),
]
KINDS += [DerivedKind(document_of(model), f"/v2/{document_of(model).slug}") for model in DERIVED]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


@pytest.fixture
def caller(cast, key_of):
    return ApiClient(key_of(cast.ada))


@pytest.fixture
def ids(cast, records):
    return {
        User: [cast.ada.pk, cast.alice.pk, cast.rikke.pk],
        Customer: [cast.reseller.pk, cast.resold.pk],
        Contact: [records.contact.pk],
        CustomerObject: [records.object.pk],
        Article: [records.article.pk],
        **{model: [getattr(records, model._meta.model_name).pk] for model in DERIVED},
    }


def check_round_trip(kind, caller, body):
    """Create, read and send back a document in a transaction that is rolled back."""
    with rolled_back():
        made = caller.post(kind.address, body)
        assert made.status_code in (200, 201), made.content.decode()
        url = made["Location"]
        read = caller.get(url)
        assert (read.status_code, read["ETag"]) == (200, '"1"')
        document = read.json()
        assert_contains(body, document, kind)
        rows = History.objects.count()
        for sent in [document] if has_elements(body) else [document, body]:
            again = caller.send(kind.update, url, sent)
            assert again.status_code == 200, again.content.decode()
            assert (again.content, again["ETag"]) == (read.content, '"1"')
        assert History.objects.count() == rows


def has_elements(body: dict) -> bool:
    """Return whether the body has elements without ids, which are created again each time it is sent."""
    return bool(body.get("comments") or body.get("files"))


def assert_contains(sent, read, kind, path=""):
    """Check that the document that was read contains what was sent; empty values may be left out, or have the
    dialect's empty form."""
    if isinstance(sent, dict):
        for name, value in sent.items():
            assert_contains(value, read.get(name) if isinstance(read, dict) else None, kind, f"{path}.{name}")
    elif isinstance(sent, list):
        assert len(read) == len(sent), path
        for place, (sent_item, read_item) in enumerate(zip(sent, read, strict=True)):
            assert_contains(sent_item, read_item, kind, f"{path}.{place}")
    elif sent is None or sent == "":
        assert read in (None, "") or is_filled(path), path
    else:
        assert (read, isinstance(read, bool)) == (sent, isinstance(sent, bool)), path


def is_filled(path: str) -> bool:
    """Return whether the server fills this property of a new comment if it was not sent."""
    first, *_rest, last = path[1:].split(".")
    return first == "comments" and last in {"customer", "customerName", "date", "employee", "employeeName"}


@each_kind
@settings(max_examples=2, **HOW)
@given(data=st.data())
def test_sending_a_document_back_changes_nothing(kind, caller, ids, data):
    check_round_trip(kind, caller, data.draw(kind.bodies(ids)))


@pytest.mark.deep
@pytest.mark.endurance
@each_kind
@settings(max_examples=100, **HOW)
@given(data=st.data())
def test_sending_many_documents_back_changes_nothing(kind, caller, ids, data):
    check_round_trip(kind, caller, data.draw(kind.bodies(ids)))
