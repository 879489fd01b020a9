"""No visitor finds restricted texts, neither on any page or response nor by any query."""

import logging

import pytest
from django.conf import settings
from django.core import mail
from django.db import models
from django.utils import timezone

from backoffice.accounts.tests.conftest import request_reset_mail
from backoffice.exchange.exportables import exportables
from backoffice.mail.customer_events import declared
from backoffice.mail.customer_mails import compose
from backoffice.people.tests.factories import CustomerFactory
from backoffice.records import services
from backoffice.records.actors import Installation
from facility.tests.factories import ArticleFactory, ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory
from tests.support.leaks import (
    CODES,
    COMMAND,
    MARKERS,
    NOTES,
    PATHS,
    Crawler,
    fill_texts,
    installation_secrets,
    normalize_answer,
    page_queries,
    page_seeds,
    plant_markers,
    script_queries,
    script_seeds,
)
from tests.support.visitors import Visitor

pytestmark = pytest.mark.django_db
MOST_PAGES = 1500


@pytest.fixture
def planted_markers(cast, records, folder):
    return plant_markers(cast, records)


def crawl_pages(planted, visitor: Visitor, markers, seeds) -> Crawler:
    """Crawl all pages, press the buttons that reveal secrets, and submit forms that are refused."""
    crawler = Crawler(visitor, markers)
    crawler.crawl(seeds, MOST_PAGES)
    for subject in exportables().values():
        if subject.viewset is None:
            continue
        crawler.ask(f"/{subject.slug}/export?format=documents", "POST", asked=True)
        crawler.ask(subject.viewset.url("new"), "POST")
        for record in subject.model._base_manager.all():
            crawler.ask(subject.viewset.url("record", record.pk), "POST")
            crawler.ask(subject.viewset.url("secrets", record.pk), "POST", asked=True)
    return crawler


def crawl_json(planted, visitor: Visitor, markers, seeds) -> Crawler:
    crawler = Crawler(visitor, markers)
    for address in seeds:
        crawler.ask(address, asked=True)
        if address.rpartition("/")[2].isalnum() and len(address.rpartition("/")[2]) == 24:
            for method in ("PATCH", "POST"):
                crawler.ask(address, method, {"name": 1, "status": "x", "unknown": 2}, asked=True)
    for path in PATHS.values():
        crawler.ask(path, "POST", {"name": 1, "securityCode": "x", "privateInformation": 3}, asked=True)
    return crawler


@pytest.mark.deep
def test_no_visitor_finds_restricted_texts(planted_markers, caplog, capsys):
    caplog.set_level(logging.INFO)
    secret = installation_secrets(planted_markers.scripts)
    markers = [*MARKERS, *secret]
    crawlers = [
        crawl_pages(planted_markers, visitor, markers, page_seeds()) for visitor in planted_markers.people
    ]
    crawlers += [
        crawl_json(planted_markers, visitor, markers, script_seeds()) for visitor in planted_markers.scripts
    ]
    for name in ("alice", "nobody-of-this-name"):
        for password in ("mk-typed-password", "x"):
            planted_markers.people[0].client.post("/sign-in", {"username": name, "password": password})
    request_reset_mail(planted_markers.people[0].client, planted_markers.cast.alice.email)
    asked = sum(len(crawler.answers) for crawler in crawlers)
    with capsys.disabled():
        print(
            f"\nleaks: {asked} answers to {len(crawlers)} visitors, looked through for {len(markers)} markers"
        )
    assert sorted({marker for crawler in crawlers for marker in crawler.found_markers}) == []
    logged = caplog.text.casefold() + "".join(message.body for message in mail.outbox).casefold()
    kept_out = [each.text for each in (*MARKERS, *secret)] + ["mk-typed-password"]
    assert [text for text in kept_out if text in logged] == []
    everything = {visitor.name: "" for visitor in (*planted_markers.people, *planted_markers.scripts)}
    for crawler in crawlers:
        everything[crawler.visitor.name] += "\n".join(crawler.answers.values()).casefold()
    missing = [
        (each.text, name)
        for each in MARKERS
        for name in each.seen | each.asked
        if each.text not in everything[name]
    ]
    assert missing == []  # otherwise it would not be a marker
    statuses = set().union(*(crawler.statuses for crawler in crawlers))
    assert statuses <= {200, 302, 400, 401, 403, 404, 405, 409, 422}


def test_no_mail_to_a_customer_contains_restricted_texts(planted_markers):
    """In any language, about any event of any record that has them."""
    company = planted_markers.cast.company.pk
    staff = {
        "mk-code",
        "mk-oldcode",
        "mk-box",
        "mk-note",
        "mk-oldnote",
        "mk-answerer",
        "mk-oldanswerer",
        "mk-assignee",
    }
    hidden = [each.text for each in MARKERS if each.text in staff or each.text.startswith("mk-theirs-")]
    assert staff < set(hidden)
    found, written = [], ""
    for event in declared.values():
        for record in event.mails.model._base_manager.filter(company_id=company):
            for language, _name in settings.LANGUAGES:
                message = compose(event, record, language, address="karen@example.dk")
                text = "\n".join([message.subject, message.body, *(part[0] for part in message.alternatives)])
                found += [(marker, record) for marker in hidden if marker in text.casefold()]
                written += text
    assert found == []
    assert "mk-ours-complaint" in written and "mk-ours-supportcase" in written


def change_columns(records, **values) -> None:
    """Write other values to columns past the history, so that nothing else changes."""
    for record, one in zip(records, zip(*values.values(), strict=True), strict=True):
        found = type(record)._base_manager.get(pk=record.pk)
        for name, value in zip(values, one, strict=True):
            setattr(found, name, value)
        models.Model.save(found, update_fields=list(values))


def change_hidden_values(planted, name: str) -> None:
    """Change everything that this visitor may not know: texts, order, presence and number."""
    cast, records = planted.cast, planted.records
    if name not in CODES:
        change_columns(planted.places, security_code=["zz", None], key=[None, {"box": "aa"}])
    if name not in NOTES:
        cases = planted.cases
        change_columns(cases, private_information=["", "zz"], response_employee_name=["zz", ""],
             response_employee_id=[cast.ada.pk, None], assignee_id=[cast.ada.pk, None])  # fmt: skip
    if name != "charlie":
        for key, record in vars(records).items():
            if key.startswith("their_"):
                fill_texts(record, "mk-nothing")
        services.update(records.their_object, {"tags": ["mk-tag"], "number": 987_001},
               actor=Installation(cast.elsewhere.pk), context=COMMAND)  # fmt: skip
        more = CustomerObjectFactory(company=cast.elsewhere, customer=records.their_customer.pk)
        ComplaintFactory(company=cast.elsewhere, object=more.pk)
        SupportCaseFactory(company=cast.elsewhere, customer=records.their_customer.pk)
        ArticleFactory(company=cast.elsewhere)
        CustomerFactory(company=cast.elsewhere)
    if name == "rikke":
        fill_texts(planted.beside, "mk-nothing")
        fill_texts(planted.cases[1], "mk-nothing")
        CustomerFactory(company=cast.company)
        SupportCaseFactory(company=cast.company, customer=planted.beside.pk)


def differences(planted, visitor: Visitor, addresses) -> list[str]:
    """Return the addresses whose responses contain or depend on what the visitor may not see. (The clock has
    to stand still.)"""
    before, after = Crawler(visitor, MARKERS), Crawler(visitor, [])
    asked = visitor.key is not None
    closed = {
        address
        for address in addresses
        if "?" not in address and before.ask(address, asked=asked).startswith(("403", "401"))
    }
    addresses = [address for address in addresses if address.partition("?")[0] not in closed]
    for address in addresses:
        before.ask(address, asked=asked)
    change_hidden_values(planted, visitor.name)
    for address in addresses:
        after.ask(address)
    assert len(addresses) > 10
    changed = [
        key
        for key in after.answers
        if normalize_answer(before.answers[key]) != normalize_answer(after.answers[key])
    ]
    return before.found_markers + [f"{key} as {visitor.name}" for key in changed]


EVERY_DAY = {
    "vera": ["/cases/{case}", "/objects/{object}", "/cases?q=mk-note&sort=-private_information", "/search?q=mk-code",
             "/customers/{their_customer}", "/cases/export?format=csv", "/cases/{case}/then/2"],
    "rikke": ["/cases", "/cases/{case}", "/search?q=mk-beside", "/cases/export?format=json"],
    "sven": ["/objects/{object}", "/objects/export?format=documents"],
}  # fmt: skip
EVERY_DAY_OVER_JSON = {
    "vera": ["/iptv/supportcase/{case}", "/v2/objects/{object}", "/v2/objects/{their_object}",
             "/iptv/supportcase?sort=privateInformation:1", "/v2/objects/distinctValues?field=securityCode",
             '/iptv/supportcase?generalField={{"key":"privateInformation","operator":"contains","value":"mk"}}',
             '/v2/objects/count?generalField={{"key":"securityCode","operator":"exists"}}'],
    "rikke": ["/iptv/supportcase", "/v2/customers", "/iptv/supportcase?search=mk-beside"],
    "sven": ["/iptv/supportcase/{case}"],
    "alice": ["/v2/objects/{object}", "/v2/objects?sort=security_code:1", "/iptv/supportcase/{case}", "/v2/users", "/v2/apiKeys"],
}  # fmt: skip


def test_a_selection_of_visitors_finds_no_restricted_texts(planted_markers):
    """A selection; the deep test covers everything."""
    pks = {name: record.pk for name, record in vars(planted_markers.records).items()}
    answers = []
    for visitors, table in (
        (planted_markers.people, EVERY_DAY),
        (planted_markers.scripts, EVERY_DAY_OVER_JSON),
    ):
        for visitor in visitors:
            crawler = Crawler(visitor, [*MARKERS, *installation_secrets([visitor])])
            for address in table.get(visitor.name, []):
                method = "POST" if address.endswith("=documents") else "GET"
                crawler.ask(address.format(**pks), method, asked=visitor.key is not None)
            assert crawler.found_markers == []
            answers += crawler.answers.values()
    assert len(answers) == sum(map(len, [*EVERY_DAY.values(), *EVERY_DAY_OVER_JSON.values()]))
    assert all(any(text in answer for answer in answers) for text in ("mk-code", "mk-note", "mk-ours-user"))


CRAWLS = [("people", page_seeds, page_queries), ("scripts", script_seeds, script_queries)]


@pytest.mark.deep
@pytest.mark.parametrize(("channel", "seeds", "questions"), CRAWLS, ids=("pages", "json"))
@pytest.mark.parametrize("name", ["vera", "alice", "sven", "rikke", "clerk", "ada"])
def test_no_response_depends_on_hidden_values(
    name, channel, seeds, questions, planted_markers, capsys, monkeypatch
):
    """Hidden values could be different and each response to the visitor would be the same, so nothing can be
    inferred about them by sorting, filtering, searching, counting or in any other way."""
    visitor = next(each for each in getattr(planted_markers, channel) if each.name == name)
    addresses = [*seeds(), *questions()]
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    found = differences(planted_markers, visitor, addresses)
    with capsys.disabled():
        print(f"\nhidden things made different: {len(addresses)} questions by {name} ({channel})")
    assert found == []
