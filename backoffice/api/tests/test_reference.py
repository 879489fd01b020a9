"""The reference pages of the API: they are complete, and their examples work."""

import re
import shlex
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from backoffice.people.tests.factories import ApiKeyFactory, CustomerFactory
from backoffice.records.models import ARCHIVED
from backoffice.records.tests.parameters import select_daily
from backoffice.uploads.tests.files import picture
from config.api import FACILITY, SUPPORT_DESK
from facility.tests.factories import ArticleFactory, CustomerObjectFactory
from tests.support.derived_records import DERIVED, document_of
from tests.support.rollback import rolled_back

PAGES = {"/docs/api/facility": FACILITY, "/docs/api/support-desk": SUPPORT_DESK}
OPERATIONS = [
    pytest.param(page, operation, id=operation.id)
    for page, interface in PAGES.items()
    for operation in interface.operations
]
SIZE_LIMIT = 400_000
KNOWN = re.compile("[0-9a-f]{24}")


def page_text(address, **headers):
    response = Client().get(address, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture(scope="module")
def pages():
    return {address: page_text(address) for address in PAGES}


def section_of(text, operation):
    """The part of a page about one operation."""
    return text.partition(f'<article class="ref-operation" id="{operation.id}">')[2].partition("</article>")[
        0
    ]


def command_in(text) -> list[str]:
    (curl,) = re.findall(r"<pre[^>]*><code>(curl .*?)</code></pre>", text, re.DOTALL)
    return shlex.split(unescape(curl).replace("\\\n", ""))


def test_the_pages_are_complete_and_small(pages):
    for address, interface in PAGES.items():
        text = pages[address]
        assert len(text.encode()) < SIZE_LIMIT
        shown = re.findall(r'<article class="ref-operation" id="(\w+)">', text)
        assert sorted(shown) == sorted(operation.id for operation in interface.operations)


@pytest.mark.parametrize(("page", "operation"), OPERATIONS)
def test_an_operation_is_described(page, operation, pages):
    section = section_of(pages[page], operation)
    text = unescape(re.sub("<[^>]+>", "", section))
    assert f"{operation.method} /{PAGES[page].prefix}/{operation.path}" in text
    assert operation.summary in text
    assert operation.response.description in text
    for parameter in (*operation.parameters, *operation.variables):
        assert f"<dt><code>{parameter.name}</code>" in section
    ids = {other.id for other in PAGES[page].operations} - {operation.id}
    for name in ids & operation.links.keys():
        assert f'href="#{name}"' in section


def test_links_within_a_page_have_targets(pages):
    for text in pages.values():
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_commands_use_the_host_of_the_page(pages):
    text = page_text("/docs/api/facility", host="desk.example.dk:8443")
    assert "curl http://desk.example.dk:8443/v2/complaints/" in text
    assert text == pages["/docs/api/facility"].replace("testserver", "desk.example.dk:8443")


def test_the_overview_links_to_every_operation(pages):
    links = re.findall(r'href="(/docs/api/[\w-]+)#(\w+)"', page_text("/docs/api"))
    for address, interface in PAGES.items():
        assert {(address, operation.id) for operation in interface.operations} <= set(links)
        assert f'href="/{interface.prefix}/openapi.json"' in pages[address]


def test_errors_are_described_for_each_dialect(pages):
    facility, desk = (unescape(text.partition('<h2 id="errors">')[2]) for text in pages.values())
    assert '"errors": [' in facility
    assert '"code": 422' in desk
    assert "<dt>401</dt>" in facility
    assert "<dt>401</dt>" not in desk


def test_users_who_manage_keys_see_a_link_to_it(cast):
    client = Client()
    client.force_login(cast.ada)
    for address in ("/api-keys", "/account"):
        assert 'href="/docs/api"' in client.get(address).content.decode()


class Shell:
    """Runs commands copied from a page, with the ids of existing records instead of the examples'."""

    def __init__(self, cast, records, key):
        self.key = key
        customer = CustomerFactory(company=cast.company).pk
        place = CustomerObjectFactory(
            company=cast.company, customer=customer, material=[{"article": records.article.pk, "budget": 1.0}]
        )
        self.number = place.number
        removable = CustomerFactory(company=cast.company, status=ARCHIVED).pk
        unused = ArticleFactory(company=cast.company)
        spare = ApiKeyFactory(owner=cast.ada.pk, company=cast.company).pk
        self.by_name = {
            "complaints": records.complaint.pk, "objects": place.pk, "customers": removable,
            "contacts": records.contact.pk, "articles": unused.pk, "users": cast.alice.pk,
            "api_key": spare, "apiKeys": spare, "supportcase": records.case.pk, "customer": customer,
            "objectId": place.pk, "customerId": customer, "articleId": records.article.pk,
            "userId": cast.alice.pk, "assignee": cast.sven.pk, "ownerId": cast.ada.pk, "employee": cast.sven.pk,
            "objectManagerId": cast.alice.pk, "parentResellerId": cast.reseller.pk, "material": records.article.pk,
        }  # fmt: skip
        for model in DERIVED:
            record, document = getattr(records, model._meta.model_name), document_of(model)
            self.by_name[document.slug] = record.pk
            for leaf in document.properties:
                prop = document.bound[leaf.attribute]
                if leaf.writable and not prop.many and prop.target:
                    self.by_name.setdefault(leaf.key, prop.read(record))

    def run(self, command: list[str]):
        request = dict.fromkeys(("method", "address", "headers", "data", "query", "form"))
        request |= {"method": "GET", "headers": {}, "query": [], "form": {}}
        words = iter(command[1:])
        for word in words:
            if word == "--request":
                request["method"] = next(words)
            elif word == "--header":
                name, _colon, value = next(words).partition(": ")
                request["headers"][name] = value.replace("$KEY", self.key)
            elif word == "--data-urlencode":
                request["query"].append(next(words).split("=", 1))
            elif word == "--data":
                request["data"] = re.sub(r'"(\w+)": "([0-9a-f]{24})"', self._real_in_body, next(words))
            elif word == "--form":
                name, _at, file = next(words).partition("=@")
                request["form"][name] = SimpleUploadedFile(file, picture())
            elif word != "--get":
                assert word.startswith("http://testserver/"), word
                request["address"] = self._real(word.removeprefix("http://testserver"))
        return self._send(**request)

    def _send(self, method, address, headers, data, query, form):
        client = Client(raise_request_exception=False)
        if form:
            return client.post(address, form, headers=headers)
        content_type = headers.pop("Content-Type", "application/json")
        return client.generic(
            method, address, data or "", content_type, headers=headers, query_params=dict(query)
        )

    def _real(self, address):
        steps = address.split("/")
        for place, step in enumerate(steps):
            if KNOWN.fullmatch(step):
                steps[place] = self.by_name[steps[place - 1]]
            elif steps[-1] == "byNumber" and step.isdigit():
                steps[place] = str(self.number)
        return "/".join(steps)

    def _real_in_body(self, found):
        return f'"{found[1]}": "{self.by_name.get(found[1], found[2])}"'


@pytest.mark.parametrize(("page", "operation"), select_daily(OPERATIONS, *OPERATIONS[::6]))
def test_the_command_of_an_operation_works(page, operation, pages, cast, records, key_of):
    shell = Shell(cast, records, key_of(cast.ada))
    with rolled_back():
        response = shell.run(command_in(section_of(pages[page], operation)))
    assert response.status_code == operation.response.status, response.content.decode()


def test_the_first_command_works(cast, records, key_of):
    response = Shell(cast, records, key_of(cast.vera)).run(command_in(page_text("/docs/api")))
    assert response.json()["_id"] == cast.vera.pk
