"""Limits of what one change may add to a record. Existing content is never refused for exceeding them."""

import json

import pytest
from django.core.exceptions import ValidationError

from backoffice.api.tests.clients import ApiClient
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.history import history_of
from backoffice.records.services import undo

pytestmark = pytest.mark.attack
PATHS = {
    "complaint": "/v2/complaints/{}",
    "object": "/v2/objects/{}",
    "case": "/iptv/supportcase/{}",
}
LONG = "x" * 20_001


def send(cast, records, key_of, kind: str, body: dict, **headers):
    actor = cast.sven if kind == "case" else cast.alice
    caller = ApiClient(key_of(actor))
    address = PATHS[kind].format(getattr(records, kind).pk)
    return caller.post(address, body, **headers) if kind == "case" else caller.patch(address, body, **headers)


def file(number: int) -> dict:
    return {"url": f"https://files.example.com/{number}.jpeg", "type": "IMAGE"}


TOO_MUCH = [
    ("complaint", {"tags": [f"tag {n}" for n in range(101)]}, "tags"),
    ("complaint", {"images": [f"https://files.example.com/{n}.jpeg" for n in range(101)]}, "images"),
    ("complaint", {"customFields": {f"field {n}": n for n in range(101)}}, "customFields"),
    ("complaint", {"customFields": {"note": LONG}}, "customFields.note"),
    ("complaint", {"customFields": {"n" * 256: 1}}, "customFields." + "n" * 50),
    ("complaint", {"customFields": {"note": {"deep": [LONG]}}}, "customFields.note"),
    ("complaint", {"desc": LONG}, "desc"),
    ("complaint", {"comment": LONG}, "comment"),
    ("complaint", {"response": LONG}, "response"),
    ("object", {"tags": [f"tag {n}" for n in range(101)]}, "tags"),
    ("object", {"description": LONG}, "description"),
    ("object", {"securityCode": LONG}, "securityCode"),
    ("object", {"key": [LONG]}, "key"),
    ("case", {"files": [file(n) for n in range(201)]}, "files"),
    ("case", {"comments": [{"comment": f"{n}"} for n in range(1001)]}, "comments"),
    ("case", {"comments": [{"comment": "x", "files": [file(n) for n in range(201)]}]}, "comments.0.files"),
    ("case", {"comments": [{"comment": LONG}]}, "comments.0.comment"),
    ("case", {"description": LONG}, "description"),
    ("case", {"response": {"answer": LONG}}, "response.answer"),
    ("case", {"privateInformation": LONG}, "privateInformation"),
]


@pytest.mark.parametrize(
    ("kind", "body", "field"), TOO_MUCH, ids=[f"{kind} {field}"[:40] for kind, _body, field in TOO_MUCH]
)
def test_too_many_items_at_once_are_refused_by_name(cast, records, key_of, kind, body, field):
    before = getattr(records, kind)
    answer = send(cast, records, key_of, kind, body, if_match=f'"{before.version}"')
    assert answer.status_code == (422 if kind == "case" else 400)
    assert field in [found["field"] for found in answer.json()["errors"]]
    assert type(before).objects.get(pk=before.pk).version == before.version


def test_the_maximum_of_items_is_accepted(cast, records, key_of):
    body = {
        "tags": [f"tag {n}" for n in range(100)],
        "customFields": {f"field {n}": n for n in range(100)},
        "desc": "x" * 20_000,
    }
    assert send(cast, records, key_of, "complaint", body).status_code == 200


def test_long_lists_can_be_extended_and_sent_back(cast, records, key_of):
    """Three requests make 300 elements; they can be sent back unchanged, with fewer, and with a few more."""
    tags = []
    for hundred in range(3):
        tags += [f"tag {hundred}.{n}" for n in range(100)]
        answer = send(cast, records, key_of, "complaint", {"tags": tags})
        assert answer.status_code == 200
    document = answer.json()
    assert send(cast, records, key_of, "complaint", document).status_code == 200
    assert send(cast, records, key_of, "complaint", {"tags": [*tags[50:], "one more"]}).status_code == 200
    assert send(cast, records, key_of, "complaint", {"tags": tags[::-1]}).status_code == 200


def make_longer(record, **values) -> None:
    """Store a long list as an earlier version did."""
    type(record)._base_manager.filter(pk=record.pk).update(**values)


def test_an_existing_text_over_the_limit_stays_until_it_is_edited(cast, records, key_of):
    make_longer(
        records.complaint, desc=LONG, custom_fields={"note": LONG, **{f"f{n}": n for n in range(300)}}
    )
    answer = send(cast, records, key_of, "complaint", {"roomDescription": "Hall"})
    assert answer.status_code == 200
    document = answer.json()
    assert send(cast, records, key_of, "complaint", document | {"priority": 4}).status_code == 200
    changed = document["customFields"] | {"f1": "one"}
    assert send(cast, records, key_of, "complaint", {"customFields": changed}).status_code == 200
    assert send(cast, records, key_of, "complaint", {"desc": LONG + "!"}).status_code == 400


def test_an_existing_comment_over_the_limit_can_get_a_file(cast, records, key_of):
    comment = records.case.comments[0]
    type(records.case).comments.model._base_manager.filter(pk=comment["id"]).update(comment=LONG)
    body = {"comments": [{"_id": comment["id"], "comment": LONG, "files": [file(1)]}]}
    assert send(cast, records, key_of, "case", body).status_code == 200


def test_restoring_items_is_not_limited(cast, records):
    """Elements that were removed in one change can be restored in one."""
    record = records.complaint
    context = ChangeContext(Channel.JSON)
    for hundred in range(2):
        tags = [*record.tags, *(f"tag {hundred}.{n}" for n in range(100))]
        record = services.update(record, {"tags": tags}, actor=cast.alice, context=context).record
    record = services.update(record, {"tags": []}, actor=cast.alice, context=context).record
    row = history_of(record).first()
    assert len(undo(record, row, actor=cast.alice, context=context).record.tags) == 200
    with pytest.raises(ValidationError):
        services.update(record, {"tags": tags}, actor=cast.alice, context=context)


@pytest.mark.slow
def test_validating_a_long_list_takes_linear_time(cast, records, key_of):
    """A body of 1 MiB can contain 90,000 tags."""
    body = {"tags": [f"{n}" for n in range(90_000)]}
    assert len(json.dumps(body)) < 2**20
    answer = send(cast, records, key_of, "complaint", body)
    assert answer.status_code == 400
    assert len(answer.content) < 1000
