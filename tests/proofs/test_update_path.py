"""The path of an update through the code is short, and documented by function."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from backoffice.api.tests.clients import ApiClient
from tests.support.call_trace import stays, trace

pytestmark = pytest.mark.django_db
PAGE = Path(settings.BASE_DIR) / "docs" / "development" / "life-of-a-patch.md"
LAYERS = ("backoffice/api/", "backoffice/records/")


@pytest.fixture
def calls(cast, records, key_of):
    alice, address = ApiClient(key_of(cast.alice)), f"/v2/complaints/{records.complaint.pk}"
    alice.send("PATCH", address, {"roomDescription": "The store"})  # fills the caches
    # A property of which nobody is notified: notifying is the work of `backoffice.notifications`.
    answer, calls = trace(lambda: alice.send("PATCH", address, {"roomDescription": "The cellar"}))
    assert (answer.status_code, answer.json()["roomDescription"]) == (200, "The cellar")
    return calls


@pytest.mark.skipif(
    connection.vendor != "sqlite" or not settings.COMPILED_SQL,
    reason="where the ORM works, it calls our fields and querysets in between",
)
def test_an_update_makes_few_stays_in_few_modules(calls):
    """From the handler to the written change, in the API and the records, without conversions of values for the
    database."""
    names = [call.function for call in calls]
    of_update = calls[names.index("answer_update") : names.index("answer_with")]
    path = stays(
        [
            call
            for call in of_update
            if call.module.startswith(LAYERS) and not call.caller.startswith("backoffice/db/")
        ]
    )
    assert len(path) < 50, path
    assert len(set(path)) < 16, sorted(set(path))


def test_rights_are_asked_once_by_the_service(calls):
    """Besides the question whether the record is visible."""
    names = [call.function for call in calls]
    asked = [call for call in calls[names.index("answer_update") :] if call[:2] == (KEYS, "ApiKey.may")]
    assert len(asked) == 2


KEYS = "backoffice/people/models/keys.py"


def test_the_documented_path_is_the_path_of_the_request(calls):
    documented = re.findall(r"^\| `([\w/.]+)` \| `([\w.]+)` \|", PAGE.read_text(), re.M)
    assert len(documented) > 25
    rest = iter([call[:2] for call in calls])
    missing = [call for call in documented if call not in rest]  # each is searched after the one before
    assert missing == []
