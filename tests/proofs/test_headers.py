"""The headers of every response, whatever produced it; and what cookies and keys authorise."""

import json
import re
import socket
from collections import Counter
from http import HTTPStatus
from http.client import HTTPResponse

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import path

from backoffice.people.models import ApiKey
from config.serving.error_responses import HEADERS, response_to
from config.serving.gunicorn import access_log_format
from config.urls import urlpatterns as known
from tests.support.routes import every_route

ROUTES = every_route()
UNKNOWN = {"v2": 401, "iptv": 403}
"""The status of each system for requests without a key."""

pytestmark = pytest.mark.django_db


def header_problems(response, policy="default-src 'none'") -> list[str]:
    """Return what is missing of the headers that every response needs."""
    wanted = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=()",
        "Cache-Control": "",
    }
    found = [
        f"{name}: {response.get(name)}"
        for name, value in wanted.items()
        if value not in response.get(name, "-")
    ]
    if "unsafe" in response.get("Content-Security-Policy", ""):
        found.append("unsafe")
    for cookie in response.cookies.values():
        if cookie.value and (not cookie["httponly"] or cookie["samesite"] != "Lax"):
            found.append(f"cookie {cookie.key}")
    return found


def is_private(response) -> bool:
    kept = response["Cache-Control"]
    return bool(re.search(r"private|no-store", kept)) and "public" not in kept


def is_public(route) -> bool:
    """Return whether the response is public: the two descriptions are the same for all clients."""
    return route.pattern.endswith("openapi.json")


def ask(client, route, records, method="get", **how):
    response = getattr(client, method)(route.address(records), **how)
    if response.streaming:
        list(response.streaming_content)  # this closes the response, but not the connection
    return response


def check_routes(routes, client, records, statuses, method="get", **how) -> dict[str, list]:
    """Return the problems of each route that has any. `statuses` counts the responses by status."""
    found = {}
    for route in routes:
        response = ask(client, route, records, method, **how)
        bad = header_problems(response)
        if not is_private(response) and not is_public(route):
            bad.append(response["Cache-Control"])
        if bad:
            found[route.pattern] = bad
        statuses[response.status_code] += 1
    return found


@pytest.mark.slow
def test_every_route_has_the_security_headers(cast, records):
    assert len(ROUTES) > 300
    statuses = Counter()
    assert check_routes(ROUTES, Client(), records, statuses) == {}
    assert not [status for status in statuses if status >= 500]


@pytest.mark.deep
def test_every_route_has_the_security_headers_for_users_and_keys(cast, records, key_of, capsys):
    statuses = Counter()
    person = Client()
    person.force_login(cast.root)
    key = {"headers": {"X-API-Key": key_of(cast.root)}}
    stays = [
        route for route in ROUTES if not route.speaks_json and not re.search("sign-out|logout", route.pattern)
    ]
    scripts = [route for route in ROUTES if route.speaks_json]
    for method in ("get", "head", "options", "post", "put", "delete"):
        assert check_routes(stays, person, records, statuses, method) == {}
        assert check_routes(scripts, Client(), records, statuses, method, **key) == {}
    with capsys.disabled():
        print(
            f"\n{len(ROUTES)} routes, {sum(statuses.values())} answers by status: {dict(sorted(statuses.items()))}"
        )
    assert not [status for status in statuses if status >= 500]


@pytest.mark.slow
def test_cookies_authorise_no_json_request(cast, records):
    """So JSON endpoints need no protection from other sites' forms."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.root)
    answers = set()
    for route in ROUTES:
        if route.speaks_json and not is_public(route):
            system = re.match(r"\W?(\w+)", route.pattern)[1]
            for method in ("get", "post", "patch", "put", "delete"):
                status = ask(client, route, records, method).status_code
                nowhere = "(" in route.pattern
                answers.add("unknown" if status == UNKNOWN[system] else status)
                assert status != 404 or nowhere, route.pattern
    assert answers == {"unknown", 404, 405}


def csrf_failure(request, reason=""):
    """Answer a form from another site with a response that no other view gives."""
    return HttpResponse(status=418)


@pytest.mark.parametrize(
    "method", ["post", *(pytest.param(name, marks=pytest.mark.deep) for name in ("put", "patch", "delete"))]
)
@pytest.mark.slow
def test_every_form_requires_a_csrf_token(method, cast, records, settings):
    settings.CSRF_FAILURE_VIEW = f"{__name__}.csrf_failure"
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.root)
    for route in ROUTES:
        if not route.speaks_json:
            assert ask(client, route, records, method).status_code == 418, route.pattern


def test_pages_may_use_no_device(client):
    policy = client.get("/sign-in")["Permissions-Policy"].split(", ")
    assert set(policy) >= {"camera=()", "geolocation=()", "payment=()"}
    assert [each for each in policy if not each.endswith("=()")] == []


def test_keys_in_a_url_give_no_access(cast, records, key_of, caplog):
    key = key_of(cast.root)
    complaint = f"/v2/complaints/{records.complaint.pk}"
    for address in ("/v2/complaints", complaint, "/iptv/supportcase", "/v2/users"):
        for name in ("api_key", "apiKey", "key", "x-API-Key", "access_token", "token"):
            response = Client().get(f"{address}?{name}={key}")
            assert response.status_code == UNKNOWN[address.split("/")[1]], (address, name)
            assert key not in response.content.decode()
    assert Client().get(f"/complaints?key={key}").status_code == 302
    assert key not in caplog.text
    assert not re.search(r"%\(([rqfa]|{.*}[ioe])\)", access_log_format)  # neither query, headers nor referrer


def test_every_error_response_has_the_security_headers(cast, records, key_of):
    alice, root, anonymous = Client(), Client(), Client(enforce_csrf_checks=True)
    alice.force_login(cast.alice)
    root.force_login(cast.root)
    key = {"headers": {"X-API-Key": key_of(cast.root)}}
    sent = key | {"content_type": "application/json"}
    complaint = f"/v2/complaints/{records.complaint.pk}"
    answers = {
        400: [
            root.get("/complaints/export?format=nothing"),
            anonymous.get("/v2/complaints?nonsense=1", **key),
        ],
        401: [anonymous.get("/v2/complaints")],
        403: [
            alice.get("/admin/"),
            anonymous.post("/sign-in", {"username": "alice"}),
            anonymous.get("/iptv/supportcase"),
        ],
        404: [alice.get("/nowhere"), anonymous.get("/v2/nowhere"), alice.get("/uploads/none/here.png")],
        405: [alice.put("/sign-out"), anonymous.delete("/v2/complaints", **key)],
        413: [anonymous.patch(complaint, b"x" * 2**21, **sent)],
        422: [anonymous.post("/iptv/supportcase", b'{"priority": 99}', **sent)],
    }
    for status, found in answers.items():
        assert [response.status_code for response in found] == [status] * len(found)
        assert [header_problems(response) for response in found] == [[]] * len(found)
        assert all(is_private(response) for response in found)


def test_outage_responses_have_the_security_headers(cast, key_of, monkeypatch):
    key = key_of(cast.root)

    def away(presented):
        raise OperationalError("gone")

    monkeypatch.setattr(ApiKey, "find", away)
    response = Client().get("/v2/complaints", headers={"X-API-Key": key})
    assert (response.status_code, header_problems(response), is_private(response)) == (503, [], True)
    assert key not in response.content.decode()


def test_responses_to_unknown_hosts_have_the_security_headers(settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    response = Client().get("/sign-in", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert header_problems(response) == []


def raise_error(request):
    raise RuntimeError("on purpose")


@override_settings(ROOT_URLCONF=__name__)
def test_server_errors_have_the_security_headers(cast):
    response = Client(raise_request_exception=False).get("/explode")
    assert response.status_code == 500
    assert header_problems(response) == []


def test_static_files_have_the_security_headers(db, settings):
    settings.WHITENOISE_USE_FINDERS = True
    for name in ("css/site.css", "forms.js", "caretaker.svg", "admin/js/core.js"):
        response = Client().get(f"/static/{name}")
        assert (response.status_code, header_problems(response)) == (200, [])
        list(response.streaming_content)


def test_responses_over_https_have_hsts_and_secure_cookies(db, settings):
    settings.SECURE_HSTS_SECONDS, settings.SECURE_SSL_REDIRECT = 31_536_000, True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    moved = Client().get("/sign-in")
    assert (moved.status_code, moved["Location"]) == (301, "https://testserver/sign-in")
    assert header_problems(moved) == []
    page = Client().get("/sign-in", secure=True)
    assert page["Strict-Transport-Security"].startswith("max-age=31536000")
    assert [cookie["secure"] for cookie in page.cookies.values()] == [True]


@pytest.mark.deep
@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_redirects_never_leave_the_site(wanted, cast, records):
    """Wherever an address accepts `next` or a similar parameter."""
    client = Client()
    client.force_login(cast.root)
    for route in ROUTES:
        if route.speaks_json:
            continue
        address = route.address(records)
        for visitor in (client, Client()):
            location = visitor.get(address, {"next": wanted, "_popup": "1", "url": wanted}).get(
                "Location", ""
            )
            assert not re.match(r"\w+:|//|/\\", location), address


def test_responses_with_secrets_are_not_cached(cast, records):
    client = Client()
    client.force_login(cast.alice)
    shown = client.post(f"/objects/{records.object.pk}/secrets")
    sent = {"name": "script", "owner": cast.alice.pk, "scopes": ["facility:read"], "status": "1"}
    made = client.post("/api-keys/new", sent)
    assert b"ck_" in made.content
    assert (shown["Cache-Control"], made["Cache-Control"]) == ("no-store", "no-store")


urlpatterns = [path("explode", raise_error), *known]


@pytest.mark.parametrize(
    ("target", "policy"),
    [("", "style-src 'self'"), ("/v2/complaints", "default-src 'none'"), ("/iptv/", "default-src 'none'")],
)
@pytest.mark.parametrize("status", [400, 408, 413, 414, 431, 503])
def test_requests_refused_before_django_have_the_security_headers(target, policy, status):
    """(By gunicorn: see `test_serving` and `test_slow_clients`.)"""
    server, client = socket.socketpair()
    with server, client:
        server.sendall(response_to(target, status, HTTPStatus(status).phrase))
        answer = HTTPResponse(client)
        answer.begin()
        body = answer.read().decode()
    assert header_problems(HttpResponse(headers=dict(answer.headers)), policy) == []
    assert (answer.status, HEADERS.items() - answer.headers.items()) == (status, set())
    if target:
        assert json.loads(body)["message"]
    else:
        assert "<h1>" in body
