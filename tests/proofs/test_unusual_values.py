"""Extreme values, and values that older versions accepted: no page fails on them."""

from contextlib import suppress
from datetime import datetime, timezone

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client

from backoffice.exchange.exportables import exportables
from backoffice.forms.tests.pages import form_data, record_form
from backoffice.people.models import ApiKey, User
from backoffice.people.tests.factories import ApiKeyFactory
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import InstantField, URIField, split_uri
from backoffice.records.models import ChildRow, Entity, History
from backoffice.records.tests.test_extreme_values import (
    RECORD_TYPES,
    columns_of,
    required_companions,
    values_of,
)
from facility.models import Complaint, CustomerObject
from supportdesk.models import CaseFile, Comment, CommentFile
from tests.support.leaks import PATHS, Crawler, admin_list, page_seeds, script_seeds
from tests.support.visitors import Visitor

COMMAND = ChangeContext(Channel.COMMAND)
UNPARSABLE = ["http://[x", "http://a／b/", "http://℀/", "ftp://a:b@[", "http://[v1.]x/", "HTTPS://[::1/x"]
STRANGE = ["http://:0/", "http://x:99999/", "urn:å", "x:%00", "http://%5B/", "http:///x", "mailto:a@[x"]
FIRST = datetime(1, 1, 1, tzinfo=timezone.utc)
LAST = datetime(9999, 12, 31, 23, 59, 59, 999000, timezone.utc)
EDGES = [datetime(1, 1, 2, tzinfo=timezone.utc), datetime(9999, 12, 30, 23, 59, 59, 999000, timezone.utc)]
GOOD = "https://files.example.com/1.jpeg"


@pytest.mark.parametrize("address", UNPARSABLE)
def test_a_url_that_cannot_be_parsed_is_refused(address):
    with pytest.raises(ValidationError):
        URIField().clean(address, None)
    assert split_uri(address).path == ""


@pytest.mark.parametrize("address", STRANGE)
def test_unusual_urls_are_accepted(address):
    assert URIField().clean(address, None) == address


@pytest.mark.parametrize("value", [FIRST, LAST, "9999-12-31T00:00:00Z", "0001-01-01T23:59:59.999Z"])
def test_the_first_and_last_days_of_the_calendar_are_refused(value):
    with pytest.raises(ValidationError, match="0001-01-02 to 9999-12-30"):
        InstantField().clean(value, None)


@pytest.mark.parametrize("value", EDGES)
def test_all_other_days_are_accepted(value):
    assert InstantField().clean(value, None) == value


def post(client, address, body, key, method="post"):
    headers = {"X-API-Key": key}
    return getattr(client, method)(address, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "address", [UNPARSABLE[0], *(pytest.param(each, marks=pytest.mark.slow) for each in UNPARSABLE[1:])]
)
def test_every_list_of_urls_names_the_refused_one(address, cast, records, key_of):
    client, key = Client(), key_of(cast.root)
    complaint, case = f"/v2/complaints/{records.complaint.pk}", "/iptv/supportcase"
    new = {"name": "x", "customer": cast.resold.pk}
    files = [{"url": address, "type": "IMAGE"}]
    for method, where, body, field in (
        ("patch", complaint, {"images": [GOOD, address]}, "images.1"),
        ("patch", complaint, {"finishImages": [address]}, "finishImages.0"),
        ("post", f"{complaint}/resolve", {"finishImages": [address]}, "finishImages.0"),
        ("post", case, new | {"files": files}, "files.0.url"),
        ("post", case, new | {"comments": [{"comment": "x", "files": files}]}, "comments.0.files.0.url"),
    ):
        answer = post(client, where, body, key, method)
        assert answer.status_code in (400, 422)
        assert field in [error["field"] for error in answer.json()["errors"]]


def test_the_first_and_last_dates_are_refused_by_name(cast, records, key_of):
    client, key = Client(), key_of(cast.root)
    case, place = "/iptv/supportcase", f"/v2/objects/{records.object.pk}"
    new = {"name": "x", "customer": cast.resold.pk}
    for value in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"):
        for method, where, body, field in (
            ("post", case, new | {"date": value}, "date"),
            ("post", case, new | {"comments": [{"comment": "x", "date": value}]}, "comments.0.date"),
            ("post", case, new | {"response": {"answer": "x", "date": value}}, "response.date"),
            ("post", "/v2/api_key", {"name": "forever", "expiresAt": value}, "expiresAt"),
            ("patch", place, {"contract": {"startDate": value}}, "contract.startDate"),
        ):
            answer = post(client, where, body, key, method)
            assert answer.status_code in (400, 422), (where, answer.content)
            assert (field, "out_of_range") in [
                (error["field"], error["code"]) for error in answer.json()["errors"]
            ]
    assert (
        "leave this empty"
        in post(client, "/v2/api_key", {"name": "x", "expiresAt": value}, key).json()["message"]
    )


@pytest.fixture
def older_records(cast, records):
    """Records with values that older versions accepted, in their histories too."""
    ours = Installation(cast.company.pk)
    key = ApiKeyFactory(owner=cast.alice.pk, company=cast.company)
    records.comment = Comment.objects.get(record=records.case.pk)
    Complaint.objects.filter(pk=records.complaint.pk).update(
        images=[*UNPARSABLE, GOOD], finish_images=UNPARSABLE
    )
    for place, address in enumerate([*UNPARSABLE, *STRANGE], 1):
        CaseFile(record_id=records.case.pk, position=place, url=address, type="IMAGE").save()
        CommentFile(record_id=records.comment.pk, position=place, url=address, type="DOC").save()
    complaint = Complaint.objects.get(pk=records.complaint.pk)
    values = {"images": UNPARSABLE, "finish_images": [*UNPARSABLE[1:], *STRANGE]}
    services.update(complaint, values, actor=ours, context=COMMAND)
    records.key = key
    return records


def store_everywhere(instant):
    """Write an instant to every column that accepts one, bypassing validation."""
    for model in apps.get_models():
        if issubclass(model, (Entity, ChildRow)) or model is History:
            names = [field.name for field in model._meta.concrete_fields if isinstance(field, InstantField)]
            if names:
                models.QuerySet(model).update(**dict.fromkeys(names, instant))


ZONES = {
    "addresses": (None, "UTC"),
    "first": (FIRST, "America/New_York"),
    "last": (LAST, "Europe/Copenhagen"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("instant", "zone"), ZONES.values(), ids=ZONES)
def test_no_page_fails_on_values_of_older_versions(instant, zone, older_records, cast, settings):
    settings.TIME_ZONE = zone
    visitors = [Visitor.signed_in("root", cast.root), Visitor.script("root", cast.root)]
    if instant:
        store_everywhere(instant)
        ApiKey.objects.exclude(pk=older_records.key.pk).update(expires_at=None)
        User.objects.filter(pk=cast.root.pk).update(sessions_ended_at=None, second_factor_at=None)
    lists = [admin_list(model) for model in apps.get_models() if issubclass(model, ChildRow)]
    for visitor, seeds in zip(visitors, ([*lists, *page_seeds()], script_seeds()), strict=True):
        crawler = Crawler(visitor, [])
        crawler.crawl(seeds, limit=300)
        assert max(crawler.statuses) < 500
        read = [address for address, text in crawler.answers.items() if text.startswith("200")]
        assert len(read) > len(crawler.answers) * 0.7, crawler.answers.keys() - set(read)
    page = crawler.visitor.ask("GET", f"/v2/complaints/{older_records.complaint.pk}").json()
    assert page["images"] == UNPARSABLE


@pytest.mark.slow
@pytest.mark.parametrize("kind", RECORD_TYPES)
def test_no_page_fails_on_extreme_values(kind, cast, records):
    """Set one odd value after another for each property."""
    model = RECORD_TYPES[kind]
    record = getattr(records, kind, None) or cast.resold
    visitor, script = Visitor.signed_in("root", cast.root), Visitor.script("root", cast.root)
    subject = next(each for each in exportables().values() if each.model is model)
    pages = [
        subject.viewset.url("list"),
        subject.viewset.url("record", record.pk),
        f"/{subject.slug}/export?format=xlsx",
    ]
    pages += [
        admin_list(model),
        f"{admin_list(model)}{record.pk}/change/",
        f"/{subject.slug}/export?format=csv",
    ]
    odd = {name: values_of(model._meta.get_field(name))[0] for name in columns_of(model)}
    for turn in range(max(map(len, odd.values()))):
        for name in odd:
            if turn < len(odd[name]):
                values = {name: odd[name][turn]} | required_companions(model, name, odd[name][turn])
                with suppress(ValidationError):  # some exclude others
                    record = services.update(record, values, actor=cast.root, context=COMMAND).record
        for page in [*pages, subject.viewset.url("version", record.pk, record.version - 1)]:
            assert visitor.ask("GET", page).status_code == 200, (turn, page)
        assert script.ask("GET", f"{PATHS[subject.slug]}/{record.pk}").status_code == 200


def test_an_older_invalid_url_is_shown_without_a_link(older_records, as_user, cast):
    page = as_user(cast.alice).get(f"/complaints/{older_records.complaint.pk}").content.decode()
    assert "http://[x" in page
    assert 'href="http://[x' not in page


def test_existing_values_stay_when_others_are_added(older_records, cast, key_of):
    client, key = Client(), key_of(cast.root)
    complaint, case = (
        f"/v2/complaints/{older_records.complaint.pk}",
        f"/iptv/supportcase/{older_records.case.pk}",
    )
    answer = post(client, complaint, {"images": [*UNPARSABLE, GOOD]}, key, "patch")
    assert answer.json()["images"] == [*UNPARSABLE, GOOD]
    assert post(client, complaint, {"images": [*UNPARSABLE, "http://[new"]}, key, "patch").status_code == 400
    Comment.objects.filter(pk=older_records.comment.pk).update(date=LAST)
    read = client.get(case, headers={"X-API-Key": key}).json()
    read["comments"][0]["comment"] = "Edited"
    read["comments"][0]["files"].append({"url": GOOD, "type": "IMAGE"})
    answer = post(client, case, read, key)
    assert answer.status_code == 200, answer.content
    assert answer.json()["comments"][0]["date"] == "9999-12-31T23:59:59.999Z"
    assert len(answer.json()["comments"][0]["files"]) == len(UNPARSABLE) + len(STRANGE) + 1


@pytest.mark.slow
@pytest.mark.parametrize("instant", [FIRST, LAST], ids=["first", "last"])
@pytest.mark.parametrize("address", ["/objects/%s", "/admin/facility/customerobject/%s/change/"])
def test_a_form_with_an_older_extreme_date_can_be_saved(address, instant, records, as_user, cast):
    models.QuerySet(CustomerObject).update(contract_start_date=instant, contract_end_date=instant)
    browser, address = as_user(cast.root), address % records.object.pk
    sent = form_data(record_form(browser.get(address).content))
    assert browser.post(address, sent | {"description": "Edited"}).status_code == 302
    kept = CustomerObject.objects.get(pk=records.object.pk)
    assert (kept.description, kept.contract_end_date) == ("Edited", instant)


def test_undo_restores_an_older_invalid_url(older_records, as_user, cast, key_of):
    client, key = Client(), key_of(cast.root)
    assert (
        post(client, f"/v2/complaints/{older_records.complaint.pk}", {"images": []}, key, "patch").status_code
        == 200
    )
    version = Complaint.objects.get(pk=older_records.complaint.pk).version
    answer = as_user(cast.alice).post(
        f"/complaints/{older_records.complaint.pk}/versions/{version}/undo", follow=True
    )
    assert answer.status_code == 200
    assert Complaint.objects.get(pk=older_records.complaint.pk).images == UNPARSABLE


REFERERS = [
    "http://[x",
    "http://a／b/complaints/",
    "//[",
    "http://testserver//[x",
    "http://testserver//x.example/",
    "[",
    "\x00",
]


@pytest.mark.parametrize(
    "referer", [REFERERS[0], *(pytest.param(each, marks=pytest.mark.slow) for each in REFERERS[1:])]
)
def test_any_referer_is_accepted(referer, records, as_user, cast):
    browser, headers = as_user(cast.alice), {"Referer": referer, "HX-Current-URL": referer}
    address = f"/complaints/{records.complaint.pk}"
    assert browser.get(address, headers=headers).status_code == 200
    for where in (f"{address}/edit", "/language", "/sign-out", "/complaints/new"):
        assert browser.post(where, {"desc": "x"}, headers=headers).status_code < 500
    assert Client().post(address, {"desc": "x"}, headers=headers).status_code < 500
