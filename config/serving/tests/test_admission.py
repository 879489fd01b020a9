"""The checks of a request before a thread takes it."""

from types import SimpleNamespace

import pytest
from django.test import Client

from config.serving.admission import PAGES_WITHOUT_DATABASE, Admission


def request(path: str, method: str = "GET", *headers: tuple[str, str]):
    return SimpleNamespace(path=path, method=method, headers=list(headers))


@pytest.mark.parametrize("path", PAGES_WITHOUT_DATABASE)
def test_pages_declared_without_database_make_no_query(path, db, django_assert_num_queries):
    """Pages that need the database must not be answered by the threads reserved for pages that do not."""
    for headers in ({}, {"Accept-Language": "da"}, {"Cookie": "django_language=de"}):
        with django_assert_num_queries(0):
            assert Client().get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("asked", "needs_none"),
    [
        (request("/sign-in"), True),
        (request("/sign-in", "HEAD", ("COOKIE", "django_language=da; csrftoken=x")), True),
        (request("/static/css/site.css", "GET", ("COOKIE", "sessionid=x")), True),
        (request("/sign-in", "GET", ("COOKIE", "a=b; sessionid=x")), False),
        (request("/sign-in", "POST"), False),
        (request("/sign-in/code"), False),
        (request("/"), False),
        (request("/v2/complaints"), False),
    ],
)
def test_requests_without_database_are_recognised(asked, needs_none):
    assert Admission().needs_no_database(asked) == needs_none


def test_bodies_have_a_size_limit(settings):
    settings.UPLOAD_MAX_MB = 3
    admission = Admission()
    assert admission.max_body(request("/v2/complaints", "POST")) == 4 * 2**20
    assert 3 * 20 * 2**20 < admission.max_body(request("/complaints/new", "POST")) < 2**28


def test_paths_below_a_prefix_are_recognised(monkeypatch):
    monkeypatch.setenv("SCRIPT_NAME", "/desk")
    admission = Admission()
    assert admission.needs_no_database(request("/desk/sign-in"))
    assert admission.is_limited_by_view(request("/desk/v2/complaints"))
