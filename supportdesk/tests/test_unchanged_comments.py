"""Unchanged comments that are sent back."""

import copy

import pytest
from django.core.exceptions import ValidationError

from backoffice.api.dialects import TELECOMX
from backoffice.api.tests.clients import ApiClient, error_fields
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict
from supportdesk.api.documents import SUPPORT_CASE
from supportdesk.models import SupportCase

pytestmark = pytest.mark.django_db
BY_SCRIPT = ChangeContext(Channel.JSON)


@pytest.fixture
def case(cast, records):
    """A case at version 3 with four comments, one with a file; another user changed the second one since
    version 2."""
    file = {"url": "https://image.example.dk/1.jpeg", "type": "IMAGE"}
    comments = [
        {"id": records.case.comments[0]["id"]},
        {"comment": "b", "files": [file]},
        {"comment": "c"},
        {"comment": "d"},
    ]
    seen = services.update(
        records.case, {"comments": comments}, actor=cast.sven, context=BY_SCRIPT, base=1
    ).record
    comments = [{"id": comment["id"]} for comment in seen.comments]
    comments[1]["comment"] = "b!"
    services.update(seen, {"comments": comments}, actor=cast.ada, context=BY_SCRIPT, base=2)
    return SupportCase.objects.get(pk=seen.pk)


def comments_as_read(case, actor):
    return copy.deepcopy(SUPPORT_CASE.serialize_record(case, actor, TELECOMX)["comments"])


def edits(comments):
    """Edits of a list of four comments that was read."""
    a, b, c, d = comments
    yield "nothing", [a, b, c, d]
    yield "another order", [d, b, a, c]
    yield "one edited", [a, b, c | {"comment": "c!"}, d]
    yield "the first taken away", [b, c, d]
    yield "one taken away, one edited, one new", [a, c, d | {"comment": "d!"}, {"comment": "e"}]
    yield "one sent twice", [a, b, b, c, d]
    yield "one emptied", [a, b | {"files": []}, c, d]
    yield "as it was before", [a, b | {"comment": "b"}, c, d]
    yield "an unknown one", [a, b, c, d | {"_id": "f" * 24}]
    yield "spelled otherwise", [a | {"_id": a["_id"].upper()}, b, c, d]


def outcome(case, comments, actor, base):
    try:
        planned = services.plan(case, SUPPORT_CASE.values({"comments": comments}), actor=actor, base=base)
    except ValidationError as error:
        return error.message_dict
    except Conflict as conflict:
        return conflict.conflicts
    news = {element["id"] for element in planned.record.comments} - {
        element["id"] for element in case.comments
    }
    return [
        (entry["property"], entry["old"], entry["new"])
        for entry in planned.changes
        if not any(pk in entry["property"] for pk in news) and not entry["property"].endswith(".edited_at")
    ], len(news)


def typed(case, comments):
    return SupportCase.properties["comments"].to_python(values_of(comments), case.comments)


def values_of(comments):
    return SUPPORT_CASE.values({"comments": comments})["comments"]


@pytest.mark.parametrize("base", [None, 2, 3])
def test_unchanged_comments_equal_their_ids_alone(cast, case, base):
    for what, comments in edits(comments_as_read(case, cast.sven)):
        shorter = typed(case, comments)
        assert len(shorter) == len(comments), what
        assert sum(comment.keys() == {"id"} for comment in shorter) >= len(comments) - 2, what
        ids_alone = [
            {"_id": comment["_id"]} if short.keys() == {"id"} else comment
            for comment, short in zip(comments, shorter, strict=True)
        ]
        assert outcome(case, ids_alone, cast.sven, base) == outcome(case, comments, cast.sven, base), what


def test_an_edited_comment_is_not_unchanged(cast, case):
    for name, value in {"isSupport": 1, "comment": "x", "customer": "f" * 24, "files": []}.items():
        comments = comments_as_read(case, cast.sven)
        assert comments[2]["isSupport"] is True
        comments[2][name] = value
        shorter = typed(case, comments)
        unchanged = [comment.keys() == {"id"} for comment in shorter]
        assert unchanged == [True, True, name == "files", True], name


def test_one_is_not_accepted_for_true(cast, case, key_of):
    sven, address = ApiClient(key_of(cast.sven)), f"/iptv/supportcase/{case.pk}"
    comments = comments_as_read(case, cast.sven)
    comments[2]["isSupport"] = 1
    assert error_fields(sven.post(address, {"comments": comments})) == ["comments.2.isSupport"]


def test_positions_of_unchanged_comments_may_shift(cast, case, key_of):
    """The first comment is removed and the last edited."""
    sven, address = ApiClient(key_of(cast.sven)), f"/iptv/supportcase/{case.pk}"
    read = sven.get(address)
    comments = read.json()["comments"][1:]
    comments[-1]["comment"] = "d!"
    answer = sven.post(address, {"comments": comments}, if_match=read["ETag"])
    assert answer.json()["comments"] == comments == sven.get(address).json()["comments"]
