"""Bodies nearly as large as allowed, full of entries or names: each is refused soon."""

import time

import pytest

from backoffice.api.tests.clients import ENDPOINTS, error_fields
from backoffice.api.tests.test_hostile_requests import caller_for

pytestmark = pytest.mark.django_db

LONG_LISTS = {
    "nulls": ["null"],
    "numbers": ["1"],
    "texts": ['"x"'],
    "half surrogates": ['"\\ud800"'],
    "objects": ["{}"],
    "unknown names": ['{"a":1}'],
    "comments": ['{"comment":"x"}'],
    "files": ['{"url":"x","type":"A"}'],
    "ids": [f'"0123456789abcdef{number:08x}"' for number in range(38_000)],
    "elements": [f'{{"_id":"0123456789abcdef{number:08x}"}}' for number in range(28_000)],
    "materials": [f'{{"articleId":"0123456789abcdef{number:08x}"}}' for number in range(24_000)],
}
"""The JSON of the entries of lists, to be repeated until a body is nearly as large as allowed."""
HOSTILE_SECONDS = 2.5


def fill_body(entries: list[str]) -> str:
    return ",".join(entries * max(1, 1_040_000 // (len(entries) * (len(entries[0]) + 1))))


@pytest.mark.attack
@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [
        pytest.param(
            endpoint,
            kind,
            id=f"{endpoint}-{kind}",
            marks=() if (endpoint, kind) == (ENDPOINTS[0], "texts") else pytest.mark.deep,
        )
        for endpoint in ENDPOINTS
        for kind in LONG_LISTS
    ],
)
def test_a_body_full_of_entries_is_refused_soon(cast, records, key_of, endpoint, kind):
    """In processor time that does not depend on the list: nobody can occupy a thread with one request."""
    caller, url = caller_for(endpoint, cast, key_of), endpoint.url(records)
    lists = [name for name, value in caller.get(url).json().items() if isinstance(value, list)]
    assert len(lists) > 1
    for name in [*lists, "nonsense"]:
        began = time.process_time()
        answer = caller.send(endpoint.method, url, f'{{"{name}":[{fill_body(LONG_LISTS[kind])}]}}'.encode())
        assert answer.status_code in (400, 422)
        assert 0 < len(error_fields(answer)) <= 1001
        assert error_fields(answer)[0].split(".")[0] == name
        assert time.process_time() - began < HOSTILE_SECONDS, name


@pytest.mark.attack
def test_many_names_are_refused_soon(cast, records, key_of):
    caller, url = caller_for(ENDPOINTS[0], cast, key_of), ENDPOINTS[0].url(records)
    unknown = ",".join(f'"k{number}":1' for number in range(90_000))
    for names in (
        unknown,
        ",".join(['"desc":1'] * 100_000),
        ",".join([unknown[:480_000].rpartition(",")[0]] * 2),
    ):
        began = time.process_time()
        answer = caller.patch(url, f"{{{names}}}".encode())
        assert answer.status_code == 400
        assert time.process_time() - began < HOSTILE_SECONDS


@pytest.mark.parametrize(
    "properties", [{"images": ["x"] * 1001}, {"tags": [f"t{number}" for number in range(101)]}]
)
def test_a_list_that_is_far_too_long_has_one_error(cast, records, key_of, properties):
    answer = caller_for(ENDPOINTS[0], cast, key_of).patch(ENDPOINTS[0].url(records), properties)
    assert answer.status_code == 400
    ((name, entries),) = properties.items()
    assert answer.json()["errors"] == [
        {
            "field": name,
            "message": f"Add at most 100 at a time (these are {len(entries)}).",
            "code": "too_many",
        }
    ]
