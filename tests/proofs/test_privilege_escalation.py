"""Privilege escalation: changes of users and keys, through any channel, give no one rights that the actor
does not have.

`reach` is everything that an actor can see or do. After any changes, the reach of all users, and of the
actor, is at most what it was before; and no actor changes a user, or obtains a key, with more reach than
their own.
"""

import pytest
from hypothesis import HealthCheck, event, given, settings

from backoffice.people.models.keys import SCOPES
from tests.support.privilege_escalation import (
    actor_drawn,
    make_resellers,
    people_drawn,
    play_game,
    steps_drawn,
)
from tests.support.rollback import rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.attack]


@pytest.fixture(scope="module")
def resellers(shared_records, django_db_blocker):
    with django_db_blocker.unblock():
        return make_resellers(shared_records.cast)


PLAIN, OUTSIDE = (set(), set(), set(), 0, False, None), (set(), set(), set(), 1, False, None)
"""Actors who administer users: of the whole company, and of a reseller's part of it."""
STAFF, COLLEAGUE, ROOT = (
    ({"people.view_customer"}, set(), 0, True, False),
    (set(), set(), 1, True, False),
    (set(), set(), 0, False, True),
)
KNOWN = [
    # The reseller's administrator removes the reseller from themselves or a colleague, or creates a user without one.
    *[(OUTSIDE, [STAFF, COLLEAGUE], [("user", channel, place, {"customer": 0})])
      for channel in ("service", "browser", "admin", "bulk") for place in (0, 2)],
    *[(OUTSIDE, [STAFF, COLLEAGUE], [("user", channel, 4, {"customer": place, "roles": [5]})])
      for channel in ("service", "browser", "import") for place in (0, 2, 3, 4)],
    # A user who may appoint superusers, but is none, appoints or reactivates one.
    *[(PLAIN, [STAFF, ROOT], [("user", "service", place, {"is_superuser": True})]) for place in (0, 1, 4)],
    *[((set(), {"*"}, set(), 0, False, None), [STAFF, ROOT], [("user", "service", 2, values)])
      for values in ({"is_active": True}, {"password": "another hash"}, {"is_superuser": False})],
    # A reseller's administrator creates a key for one of the staff, takes over theirs, or takes a stronger role.
    *[(OUTSIDE, [STAFF, COLLEAGUE], [("key", channel, place, {"owner": 1, "scopes": ["people:read"]})])
      for channel in ("service", "browser", "rotate") for place in (1, 4)],
    (PLAIN, [STAFF, COLLEAGUE], [("user", "service", 0, {"roles": [1, 4]})]),
    # A key grants more than its scopes.
    *[((set(), set(), set(), 0, False, ["people:write"]), [STAFF, COLLEAGUE], [step])
      for step in (("key", "service", 4, {"scopes": sorted(SCOPES)}), ("key", "json", 4, {"scopes": sorted(SCOPES)}),
                   ("user", "service", 0, {"password": "another hash"}), ("user", "service", 1, {"roles": [1]}))],
]  # fmt: skip

CAREFUL = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


EVERY_DAY = [number for number, (_actor, _people, [step]) in enumerate(KNOWN) if step[1] == "service"][::2]


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=[] if number in EVERY_DAY else pytest.mark.deep)
        for number in range(len(KNOWN))
    ],
)
def test_known_attacks_grant_no_additional_rights(resellers, db, number):
    """Games that found a hole once, or could have."""
    play_game(resellers, *KNOWN[number])


@pytest.mark.deep
@settings(max_examples=40, **CAREFUL)
@given(actor=actor_drawn, people=people_drawn, steps=steps_drawn)
def test_random_attacks_grant_no_additional_rights(resellers, db, actor, people, steps):
    with rolled_back():
        play_game(resellers, actor, people, steps, event)
