"""Hashes of secrets in the history: a stolen copy and knowledge of one code disclose no other codes."""

import pytest

from backoffice.api.tests.clients import ApiClient
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict
from backoffice.records.history import history_of
from backoffice.records.models import History
from backoffice.records.properties import keyed_hash
from backoffice.records.services import undo
from facility.models import CustomerObject
from facility.tests.factories import CustomerObjectFactory

pytestmark = [pytest.mark.django_db, pytest.mark.attack]
BROWSER = ChangeContext(Channel.BROWSER)
CODE = {"gate": "7182"}


@pytest.fixture
def places(cast):
    """Three objects with the same code; one of them has it as its key, too."""
    how = {"company": cast.company, "customer": cast.resold.pk}
    made = [CustomerObjectFactory(**how) for _each in range(3)]
    changed = [
        services.update(place, {"security_code": CODE}, actor=cast.alice, context=BROWSER).record
        for place in made
    ]
    return [
        services.update(changed[0], {"key": CODE}, actor=cast.alice, context=BROWSER).record,
        *changed[1:],
    ]


def hashes_of(places) -> list[str]:
    rows = History.objects.filter(record_id__in=[place.pk for place in places])
    entries = [
        entry for row in rows for entry in row.changes if entry["property"] in ("security_code", "key")
    ]
    return [value for entry in entries for value in (entry["old"], entry["new"]) if value]


def test_equal_codes_of_different_objects_have_different_hashes(places):
    found = hashes_of(places)
    assert len(found) == len(set(found)) == 4
    assert all(each.startswith("hmac:") for each in found)
    assert keyed_hash(CODE) not in found


def test_equal_codes_of_one_object_have_equal_hashes(cast, places):
    """Equal values of one property have equal hashes, so that the history can detect changes and merge."""
    place = services.update(places[1], {"security_code": "other"}, actor=cast.alice, context=BROWSER).record
    place = services.update(place, {"security_code": CODE}, actor=cast.alice, context=BROWSER).record
    first, _other, last = (
        row.changes[0]["new"] for row in history_of(place).filter(version__gt=1).order_by("version")
    )
    assert first == last
    assert services.update(place, {"security_code": CODE}, actor=cast.alice, context=BROWSER).changes == []
    kept = services.update(
        place, {"security_code": CODE, "name": "Renamed"}, actor=cast.alice, context=BROWSER, base=2
    ).record
    assert (kept.security_code, kept.name) == (CODE, "Renamed")


@pytest.fixture
def older_object(cast, places):
    """An object whose history predates bound hashes, changed twice since it was read."""
    place = services.update(
        places[2], {"security_code": "later", "name": "Later"}, actor=cast.alice, context=BROWSER
    ).record
    for row in history_of(place):
        values = {2: (None, CODE), 3: (CODE, "later")}.get(row.version)
        for entry in row.changes if values else ():
            if entry["property"] == "security_code":
                entry["old"], entry["new"] = (value and keyed_hash(value) for value in values)
        History.objects.filter(pk=row.pk).update(changes=row.changes)
    return place


def test_hashes_of_older_versions_equal_nothing(cast, older_object):
    """A stale edit of the secret is a conflict, whatever was sent; edits of other properties are not."""
    for code in ("mine", CODE):
        with pytest.raises(Conflict) as raised:
            services.update(older_object, {"security_code": code}, actor=cast.alice, context=BROWSER, base=2)
        assert [conflict.property for conflict in raised.value.conflicts] == ["security_code"]
    same = services.update(
        older_object, {"security_code": "later", "rating": 4.0}, actor=cast.alice, context=BROWSER, base=2
    ).record
    assert (same.security_code, same.rating) == ("later", 4.0)


def test_hashes_with_another_key_equal_nothing(cast, places, settings):
    place = services.update(places[1], {"security_code": "later"}, actor=cast.alice, context=BROWSER).record
    stale = {"security_code": CODE}
    settings.SECRETS_HASH_KEY = "another" * 9
    with pytest.raises(Conflict):
        services.update(place, stale, actor=cast.alice, context=BROWSER, base=2)


def test_entries_of_older_versions_are_shown_and_undo_works(cast, older_object, client, key_of):
    row = history_of(older_object).get(version=3)
    back = undo(older_object, row, actor=cast.alice, context=BROWSER).record
    assert back.security_code == "later" and back.name != "Later"  # the earlier code is unknown
    client.force_login(cast.alice)
    page = client.get(f"/objects/{older_object.pk}").content.decode()
    assert "door code" in page and "hmac:" not in page
    alice = ApiClient(key_of(cast.alice))
    answer = alice.patch(f"/v2/objects/{older_object.pk}", alice.get(f"/v2/objects/{older_object.pk}").json())
    assert (
        answer.status_code == 200 and CustomerObject.objects.get(pk=older_object.pk).version == back.version
    )
