"""Made-up API keys: none is accepted, nothing is written, and little is remembered of them."""

import gc
import logging
import re
import secrets
import tracemalloc

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = pytest.mark.django_db
READING = re.compile(r"SELECT |db\.\w+\.aggregate\(")


def make_random_key(prefix: str) -> str:
    """Return a key as a guesser would make it, sometimes with an existing prefix."""
    beginning = prefix if secrets.randbelow(2) else secrets.token_hex(5)
    return f"ck_{beginning}_{secrets.token_urlsafe(32)}"


def count_complaints(client, key, place=0):
    return client.get(
        "/v2/complaints/count",
        headers={"X-API-Key": key, "X-Forwarded-For": f"10.{place >> 16}.{place >> 8 & 255}.{place & 255}"},
    )


def test_a_random_key_causes_reads_only(cast, records, key_of):
    prefix = key_of(cast.alice).split("_")[1]
    with CaptureQueriesContext(connection) as captured:
        for _key in range(20):
            assert count_complaints(Client(), make_random_key(prefix)).status_code == 401
    assert 20 <= len(captured) <= 40  # a key with this prefix; on MongoDB, its owner
    assert [query["sql"] for query in captured if not READING.match(query["sql"])] == []


def test_an_address_with_many_random_keys_is_throttled(cast, records, key_of, settings):
    settings.RATE_LIMIT_ADDRESS = "10/minute"
    key = key_of(cast.alice)
    answers = [
        count_complaints(Client(), make_random_key(key.split("_")[1])).status_code for _key in range(12)
    ]
    assert answers == [401] * 10 + [429] * 2
    settings.BEHIND_PROXY = True
    assert count_complaints(Client(), key, place=77).status_code == 200


@pytest.mark.deep
@pytest.mark.endurance
def test_ten_thousand_random_keys_use_little_memory(cast, records, key_of, settings, capsys, request):
    """From as many addresses, each of them counted."""
    logging.disable(logging.CRITICAL)  # pytest keeps each log record, and its request
    request.addfinalizer(lambda: logging.disable(logging.NOTSET))
    settings.RATE_LIMIT_ADDRESS, settings.BEHIND_PROXY = "12000/minute", True
    key = key_of(cast.alice)
    prefix, client = key.split("_")[1], Client()
    for place in range(500):
        count_complaints(client, make_random_key(prefix), place)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    statuses, written = set(), []

    def watch(execute, sql, params, many, context):
        if not sql.startswith("SELECT"):
            written.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        for place in range(10_000):
            statuses.add(count_complaints(client, make_random_key(prefix), place).status_code)
    gc.collect()
    grown = (tracemalloc.get_traced_memory()[0] - before) / 2**20
    tracemalloc.stop()
    with capsys.disabled():
        print(
            f"\n10,000 made-up keys from as many addresses: statuses {statuses}, {len(written)} writes, {grown:.1f} MiB more."
        )
    assert statuses == {401}
    assert written == []
    assert grown < 16
    assert count_complaints(Client(), key, 11_000).status_code == 200
