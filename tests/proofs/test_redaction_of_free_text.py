"""Redaction of free text: found wherever it occurs, and blanked on request."""

import pytest

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import state_at
from backoffice.uploads.tests.upload_requests import Sender
from facility.models import Complaint, CustomerObject
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.models import SupportCase
from tests.support.markers import find_marker

pytestmark = pytest.mark.django_db
BROWSER = ChangeContext(Channel.BROWSER)


@pytest.fixture
def name_in_texts(cast, records, key_of):
    """A person's name in free text, in every text property."""
    name = "Gertrud  Gertrud-Marker"
    ComplaintFactory(company=cast.company, object=records.object.pk, desc=f"{name} called",
                     custom_fields={f"by {name}": [name, 3]}, tags=[name])  # fmt: skip
    case = services.update(
        records.case, {"description": name, "private_information": name}, actor=cast.ada, context=BROWSER
    ).record
    services.update(
        case,
        {
            "description": "",
            "comments": [*({"id": each["id"]} for each in case.comments), {"comment": f"I am {name}."}],
        },
        actor=cast.ada,
        context=BROWSER,
    )
    services.update(records.object, {"security_code": [name], "key": name}, actor=cast.alice, context=BROWSER)
    CustomerObjectFactory(company=cast.elsewhere, customer=records.their_customer.pk, description=name)
    Sender(key_of(cast.alice)).sent(filename=f"{name}.png")
    return "gertrud gertrud-marker"


@pytest.mark.slow
def test_a_text_is_found_wherever_it_occurs(records, name_in_texts, redact):
    before = find_marker()
    output = redact("--text", name_in_texts)
    assert "occurs in 4 records" in output and f"supportdesk.supportcase {records.case.pk}" in output
    assert "uploads: 1" in output
    assert find_marker() == before


@pytest.mark.slow
def test_a_text_is_blanked_everywhere(cast, records, name_in_texts, redact, as_user):
    redact("--text", name_in_texts, "--everywhere")
    assert find_marker() == []
    complaint = Complaint.objects.exclude(pk=records.complaint.pk).get(company=cast.company)
    assert (complaint.desc, complaint.tags) == ("redacted called", ["redacted"])
    assert complaint.custom_fields == {"by redacted": ["redacted", 3]}
    case = SupportCase.objects.get(pk=records.case.pk)
    assert case.comments[-1]["comment"] == "I am redacted."
    assert state_at(case, 2)["description"] == "redacted"
    assert CustomerObject.objects.get(pk=records.object.pk).security_code == ["redacted"]
    assert redact("--text", name_in_texts).startswith("The text occurs in no record")


@pytest.mark.slow
def test_a_text_is_blanked_in_the_users_company_only(cast, records, name_in_texts, redact):
    redact("contact", records.contact.pk, "--text", name_in_texts, "--everywhere")
    assert find_marker() == [
        "export of objects as documents", "facility.CustomerObject.description", "facility.CustomerObject.description_sort",
        "facility.CustomerObject.search_text", "records.History.changes",
    ]  # fmt: skip
