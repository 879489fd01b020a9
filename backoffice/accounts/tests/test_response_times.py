"""Response times of requests that must not be distinguishable."""

import os
import statistics
import time

import pytest
from django.test import Client
from django.test.utils import override_settings

from backoffice.accounts.models import Attempts
from backoffice.db.object_ids import new_object_id
from backoffice.people.tests.factories import PASSWORD, UserFactory
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory

pytestmark = [pytest.mark.deep, pytest.mark.endurance, pytest.mark.django_db]
ROUNDS = int(os.environ.get("TIMING_ROUNDS", "200"))
# The largest ratio of medians; a busy machine needs some room.
MOST = 1.10


def medians(requests: dict, before=lambda: None, rounds=ROUNDS) -> dict[str, float]:
    """Return the median CPU milliseconds of each request, sent in turns so that slow phases of the machine
    affect all alike. (CPU time, because nothing here waits, and other work of the machine does not show in
    it.)"""
    taken = {name: [] for name in requests}
    for turn in range(rounds + 5):
        for name, ask in requests.items():
            before()
            start = time.process_time()
            ask()
            if turn >= 5:
                taken[name].append((time.process_time() - start) * 1000)
    return {name: statistics.median(times) for name, times in taken.items()}


def report(capsys, title: str, found: dict[str, float], indistinguishable: tuple) -> None:
    """Print the table, and check that the indistinguishable ones take equally long."""
    with capsys.disabled():
        print(f"\n{title} (medians, ms)")
        for name, taken in found.items():
            print(f"  {name:<44} {taken:8.3f}")
    slowest, fastest = (
        max(found[name] for name in indistinguishable),
        min(found[name] for name in indistinguishable),
    )
    with capsys.disabled():
        print(f"  slowest to fastest of those that must not be report apart: {slowest / fastest:.3f}")
    assert slowest / fastest < MOST


ARGON2 = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])


@ARGON2
def test_sign_in_takes_the_same_time_for_unknown_users(cast, capsys):
    from django.contrib.auth.hashers import make_password

    hashed = make_password(PASSWORD)
    for username in ("present", "former"):
        UserFactory(username=username, company=cast.company, password=hashed, is_active=username == "present")
    UserFactory(username="invited", company=cast.company, password=make_password(None))

    def with_(username, password="wrong"):
        def ask():
            response = Client().post("/sign-in", {"username": username, "password": password})
            assert response.status_code == (302 if password == PASSWORD and username == "present" else 200)

        return ask

    found = medians(
        {
            "unknown user": with_("nobody"),
            "unknown address": with_("nobody@example.com"),
            "wrong password": with_("present"),
            "wrong password, by e-mail": with_("present@example.com"),
            "switched off, wrong password": with_("former"),
            "switched off, right password": with_("former", PASSWORD),
            "never had a password": with_("invited"),
            "right password": with_("present", PASSWORD),
        },
        before=lambda: Attempts.objects.all().delete(),
        rounds=ROUNDS // 2,
    )
    indistinguishable = tuple(name for name in found if name != "right password")
    report(capsys, "Signing in", found, indistinguishable)


def test_a_password_reset_takes_the_same_time_for_unknown_users(cast, capsys, monkeypatch):
    """The e-mail itself is sent after the response, as in production."""
    waiting = []
    monkeypatch.setattr("backoffice.web.views.auth.run_after_response", waiting.append)

    def by(email):
        return lambda: Client().post("/password-reset", {"email": email})

    found = medians(
        {"unknown address": by("nobody@example.com"), "known address": by("alice@example.com")},
        before=lambda: Attempts.objects.all().delete(),
    )
    report(capsys, "Asking for a mail to choose a password", found, tuple(found))
    assert len(waiting) == 2 * (ROUNDS + 5)


def test_unknown_and_wrong_keys_take_the_same_time(cast, records, key_of, capsys):
    key = key_of(cast.alice)
    scheme, prefix, secret = key.split("_", 2)

    def by(text, status=401):
        def ask():
            answer = Client().get("/v2/complaints/count", headers={"X-API-Key": text})
            assert answer.status_code == status

        return ask

    found = medians(
        {
            "unknown key": by(f"{scheme}_{'0' * len(prefix)}_{secret}"),
            "known beginning, wrong secret": by(f"{scheme}_{prefix}_{'x' * len(secret)}"),
            "no key at all": by("nonsense"),
            "right key": by(key, 200),
        }
    )
    report(capsys, "API keys", found, ("unknown key", "known beginning, wrong secret"))


def test_searches_for_another_companys_words_take_the_same_time(cast, records, key_of, capsys):
    for _turn in range(50):
        ComplaintFactory(company=cast.elsewhere, object=records.their_object.pk, desc="zwiebelkuchen")
    client, key = Client(), {"X-API-Key": key_of(cast.alice)}

    def by(word):
        def ask():
            address = f"/v2/complaints/count?searchComplaint={word}"
            assert client.get(address, headers=key).json() == {"count": 0}

        return ask

    found = medians({f"{word}…": by(word) for word in ("zwie", "quar", "stru", "zwiebel", "quarkst")})
    report(capsys, "Beginnings of words that only another company has (zwie)", found, tuple(found))


@pytest.mark.parametrize(
    "query", ["tags={}", 'generalField={{"key":"tags","operator":"contains","value":"{}"}}']
)
def test_searches_for_another_companys_tags_take_the_same_time(query, cast, records, key_of, capsys):
    for _turn in range(300):
        CustomerObjectFactory(
            company=cast.elsewhere, customer=records.their_customer.pk, tags=["zwiebelkuchen"]
        )
    client, key = Client(), {"X-API-Key": key_of(cast.alice)}

    def by(word):
        def ask():
            address = f"/v2/objects/count?{query.format(word)}"
            assert client.get(address, headers=key).json() == {"count": 0}

        return ask

    found = medians({word: by(word) for word in ("zwiebelkuchen", "quarkstrudel", "streuselkeks")})
    report(capsys, f"Tags that only another company has ({query})", found, tuple(found))


def test_another_companys_ids_take_the_same_time(cast, records, key_of, capsys):
    key = {"X-API-Key": key_of(cast.alice)}
    nowhere = new_object_id()
    client = Client()
    client.force_login(cast.alice)

    def over(client, address, status=404, **how):
        def ask():
            assert client.get(address, **how).status_code == status

        return ask

    other, own = records.their_complaint.pk, records.complaint.pk
    over_json = {
        "JSON: another company's id": over(Client(), f"/v2/complaints/{other}", headers=key),
        "JSON: unknown id": over(Client(), f"/v2/complaints/{nowhere}", headers=key),
        "JSON: one's own": over(Client(), f"/v2/complaints/{own}", 200, headers=key),
    }
    pages = {
        "page: another company's id": over(client, f"/complaints/{other}"),
        "page: unknown id": over(client, f"/complaints/{nowhere}"),
    }
    found = medians(over_json)
    report(capsys, "Ids over JSON", found, tuple(found)[:2])
    found = medians(pages)
    report(capsys, "Ids in the browser", found, tuple(found))
