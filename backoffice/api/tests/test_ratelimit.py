"""Rate limits, and the headers that announce them."""

import socket
import threading
import time
import traceback
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from backoffice.api.tests.clients import ENDPOINTS, ApiClient
from backoffice.api.transport import rate_counters, ratelimit
from backoffice.people.models import ApiKey

pytestmark = pytest.mark.django_db
endpoints = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=str)
COMPLAINTS = ENDPOINTS[0]


@pytest.fixture(autouse=True)
def fresh_counters():
    ratelimit._counters.cache_clear()


def statuses(times, ask):
    return [ask().status_code for _turn in range(times)]


def assert_throttled(answer, endpoint):
    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    body = answer.json()
    assert body["errors"] == []
    if endpoint.telecomx:
        assert (body["code"], body["message"]) == (429, "too_many_requests")
        assert f"{answer['Retry-After']} second" in body["description"]
    else:
        assert f"{answer['Retry-After']} second" in body["message"]


@endpoints
def test_each_key_has_a_limit(cast, records, key_of, settings, endpoint):
    settings.RATE_LIMIT_KEY = "3/minute"
    actor, url = getattr(cast, endpoint.actor), endpoint.url(records)
    first, second = ApiClient(key_of(actor)), ApiClient(key_of(actor))
    assert statuses(3, lambda: first.get(url)) == [200] * 3
    for method in ("GET", "HEAD", endpoint.method):
        assert first.send(method, url, {}).status_code == 429
    assert_throttled(first.get(url), endpoint)
    assert second.get(url).status_code == 200


@endpoints
def test_each_address_has_a_limit_for_all_its_keys(cast, records, key_of, settings, endpoint):
    settings.RATE_LIMIT_ADDRESS = "3/minute"
    url, caller = endpoint.url(records), ApiClient(key_of(getattr(cast, endpoint.actor)))
    guesses = [ApiClient(None), ApiClient("ck_a_b"), ApiClient("nonsense")]
    assert [guess.get(url).status_code for guess in guesses] == [endpoint.unauthenticated] * 3
    with mock.patch.object(ApiKey, "find", side_effect=AssertionError("a key was tried")):
        assert_throttled(caller.get(url), endpoint)
        assert_throttled(guesses[1].get(url), endpoint)
    elsewhere = caller.client.get(url, headers=caller.headers, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200


def test_both_apis_share_the_limit(cast, records, key_of, settings):
    settings.RATE_LIMIT_KEY = "3/minute"
    ada = ApiClient(key_of(cast.ada))
    assert [ada.get(endpoint.url(records)).status_code for endpoint in ENDPOINTS] == [200] * 3
    assert [ada.get(endpoint.url(records)).status_code for endpoint in ENDPOINTS] == [429] * 3


def test_requests_succeed_after_the_wait(cast, records, key_of, settings):
    settings.RATE_LIMIT_KEY = "2/minute"
    alice, url = ApiClient(key_of(cast.alice)), COMPLAINTS.url(records)
    assert statuses(3, lambda: alice.get(url)) == [200, 200, 429]
    wait, now = int(alice.get(url)["Retry-After"]), time.time
    with mock.patch.object(time, "time", lambda: now() + wait):
        assert statuses(3, lambda: alice.get(url)) == [200, 200, 429]


def test_a_refused_request_changes_nothing(cast, records, key_of, settings):
    settings.RATE_LIMIT_KEY = "1/minute"
    alice, url = ApiClient(key_of(cast.alice)), COMPLAINTS.url(records)
    assert alice.patch(url, {"desc": "first"}).status_code == 200
    assert alice.patch(url, {"desc": "second"}).status_code == 429
    assert type(records.complaint).objects.get(pk=records.complaint.pk).desc == "first"


def test_an_empty_setting_means_no_limit(cast, records, key_of, settings):
    alice, url = ApiClient(key_of(cast.alice)), COMPLAINTS.url(records)
    settings.RATE_LIMIT_STORAGE = "nonsense://"
    settings.RATE_LIMIT_KEY = settings.RATE_LIMIT_ADDRESS = ""
    assert statuses(5, lambda: alice.get(url)) == [200] * 5


def test_downloads_by_key_are_counted_and_by_session_are_not(cast, settings, client):
    settings.RATE_LIMIT_ADDRESS = "2/minute"
    url = "/uploads/" + "f" * 24 + "/a.png"
    assert statuses(3, lambda: ApiClient("ck_a_b").get(url)) == [401, 401, 429]
    assert_throttled(ApiClient("ck_a_b").get(url), COMPLAINTS)
    client.force_login(cast.alice)
    assert statuses(3, lambda: client.get(url)) == [404] * 3
    assert statuses(3, lambda: client.get("/sign-in?next=/x")) == [302] * 3


# Addresses


def guess_key(url, **more):
    """A guess at a key. `forwarded` is the X-Forwarded-For header."""
    headers = {"x-api-key": "ck_a_b"}
    if "forwarded" in more:
        headers["x-forwarded-for"] = more.pop("forwarded")
    caller = ApiClient(None)
    return lambda: caller.client.get(url, headers=headers, **more)


def test_forwarded_headers_of_clients_are_ignored(records, settings):
    settings.RATE_LIMIT_ADDRESS = "2/minute"
    url = COMPLAINTS.url(records)
    answers = [guess_key(url, forwarded=f"203.0.113.{n}")().status_code for n in range(4)]
    assert answers == [401, 401, 429, 429]


def test_behind_a_proxy_only_the_proxys_own_hop_is_trusted(records, settings):
    settings.RATE_LIMIT_ADDRESS = "2/minute"
    settings.BEHIND_PROXY = True
    url = COMPLAINTS.url(records)
    answers = [guess_key(url, forwarded=f"203.0.113.{n}, 198.51.100.1")().status_code for n in range(4)]
    assert answers == [401, 401, 429, 429]
    assert guess_key(url, forwarded="198.51.100.1, 198.51.100.2")().status_code == 401
    assert guess_key(url, forwarded="198.51.100.1")().status_code == 429
    assert statuses(3, guess_key(url)) == [401, 401, 429]
    assert guess_key(url, forwarded=" , ")().status_code == 429
    assert guess_key(url, REMOTE_ADDR="192.0.2.9")().status_code == 401


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.1", "198.51.100.1:4711", True),
        ("198.51.100.1", "198.51.100.2", False),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("[2001:db8:1:2::1]:4711", "2001:db8:1:2::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("unknown", "unknown", True),
        ("unknown", "_hidden", False),
    ],
)
def test_notations_of_one_client_address_share_a_limit(records, settings, one, other, same):
    settings.RATE_LIMIT_ADDRESS = "1/minute"
    settings.BEHIND_PROXY = True
    url = COMPLAINTS.url(records)
    assert guess_key(url, forwarded=one)().status_code == 401
    assert guess_key(url, forwarded=other)().status_code == (429 if same else 401)


# Counters


def test_unavailable_counters_block_no_request(cast, records, key_of, settings, caplog):
    settings.RATE_LIMIT_KEY = settings.RATE_LIMIT_ADDRESS = "1/minute"
    settings.RATE_LIMIT_STORAGE = "redis://127.0.0.1:1"
    alice, url = ApiClient(key_of(cast.alice)), COMPLAINTS.url(records)
    began = time.monotonic()
    assert statuses(5, lambda: alice.get(url)) == [200] * 5
    assert time.monotonic() - began < 10
    assert caplog.text.count("The storage of rate limits is unavailable") == 1


def test_a_silent_storage_delays_a_request_briefly(cast, records, key_of, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.RATE_LIMIT_STORAGE = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        settings.RATE_LIMIT_KEY = settings.RATE_LIMIT_ADDRESS = "1/minute"
        alice, url = ApiClient(key_of(cast.alice)), COMPLAINTS.url(records)
        began = time.monotonic()
        assert statuses(3, lambda: alice.get(url)) == [200] * 3
        assert 0.25 <= time.monotonic() - began < 2


def test_restored_counters_count_again(cast, records, key_of, settings, caplog):
    settings.RATE_LIMIT_KEY = "1/minute"
    alice, url = ApiClient(key_of(cast.alice)), COMPLAINTS.url(records)
    with mock.patch.object(
        rate_counters.MemoryStorage, "add", side_effect=ConnectionError("no route")
    ) as add:
        assert statuses(3, lambda: alice.get(url)) == [200] * 3
        assert add.call_count == 1
        later = time.monotonic() + 10
        with mock.patch.object(time, "monotonic", lambda: later):
            assert alice.get(url).status_code == 200
        assert add.call_count == 2
    later += 10
    with mock.patch.object(time, "monotonic", lambda: later):
        assert statuses(2, lambda: alice.get(url)) == [200, 429]
    assert caplog.text.count("is unavailable") == caplog.text.count("available again") == 1


def test_threads_count_exactly():
    memory, turns = rate_counters.MemoryStorage(), 500

    def count():
        for _turn in range(turns):
            memory.incr("a", 60)

    threads = [threading.Thread(target=count) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.get("a") == 8 * turns


def test_expired_counters_are_deleted(monkeypatch):
    monkeypatch.setattr(rate_counters, "MAX_COUNTERS", 100)
    memory, now = rate_counters.MemoryStorage(), time.time
    for number in range(100):
        memory.incr(f"old {number}", 60)
    monkeypatch.setattr(time, "time", lambda: now() + 61)
    assert memory.get("old 1") == 0
    memory.incr("new", 60)
    assert memory.reset() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RATE_LIMIT_KEY", "often"),
        ("RATE_LIMIT_ADDRESS", "10/fortnight"),
        ("RATE_LIMIT_STORAGE", "nonsense://"),
        ("RATE_LIMIT_STORAGE", "reddis://:moth-lantern@host"),
        ("RATE_LIMIT_STORAGE", "redis://:moth-lantern/x@host"),
        ("RATE_LIMIT_STORAGE", "redis://user:moth-lantern#x@host:6379"),
        ("RATE_LIMIT_STORAGE", "redis://[:moth-lantern@host"),
        ("RATE_LIMIT_STORAGE", "memcached://moth-lantern"),
        ("RATE_LIMIT_STORAGE", ""),
    ],
)
def test_invalid_limits_are_refused_at_the_start(settings, name, value):
    ratelimit.check_settings()
    setattr(settings, name, value)
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        ratelimit.check_settings()
    assert "moth-lantern" not in "".join(traceback.format_exception(caught.value))
