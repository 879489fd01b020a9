"""Files of a comment that another user deletes concurrently: editing them counts as editing the comment."""

import pytest

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict
from supportdesk.models import SupportCase

BY_BROWSER = ChangeContext(Channel.BROWSER)
OLD, NEW = "https://files.example.com/old.png", "https://files.example.com/new.png"


@pytest.fixture
def case(cast, records):
    """A case at version 3: its only comment, which had a file at version 2, is deleted."""
    comment = {"id": records.case.comments[0]["id"], "files": [{"url": OLD, "type": "DOC"}]}
    seen = services.update(
        records.case, {"comments": [comment]}, actor=cast.sven, context=BY_BROWSER, base=1
    ).record
    present = services.update(seen, {"comments": []}, actor=cast.ada, context=BY_BROWSER, base=2).record
    present.seen = seen.comments[0]
    return present


def edits(case):
    """Edits of the comment's files by a client that read version 2."""
    pk, (file,) = case.seen["id"], case.seen["files"]
    return {
        "added": {"id": pk, "files": [{"id": file["id"]}, {"url": NEW}]},
        "changed": {"id": pk, "files": [{"id": file["id"], "url": NEW}]},
        "taken away": {"id": pk, "files": []},
    }


@pytest.mark.parametrize("edit", ["added", "changed", "taken away"])
def test_an_edit_of_files_of_a_deleted_comment_is_a_conflict(cast, case, edit):
    with pytest.raises(Conflict) as caught:
        services.update(case, {"comments": [edits(case)[edit]]}, actor=cast.sven, context=BY_BROWSER, base=2)
    (conflict,) = caught.value.conflicts
    assert (conflict.property, conflict.theirs, conflict.who) == (f"comments.{case.seen['id']}", None, "Ada")


@pytest.mark.parametrize(
    "edit, urls", [("added", [OLD, NEW]), ("changed", [NEW]), ("taken away", [])], ids=str
)
def test_a_comment_kept_in_the_conflict_keeps_its_files(cast, case, edit, urls):
    path = f"comments.{case.seen['id']}"
    sent = {"comments": [edits(case)[edit]]}
    choices = services.ConflictChoices(case.version, {path: "mine"})
    services.update(case, sent, actor=cast.sven, context=BY_BROWSER, base=2, conflict_choices=choices)
    (comment,) = SupportCase.objects.get(pk=case.pk).comments
    assert comment["comment"] == case.seen["comment"]
    assert [file["url"] for file in comment["files"]] == urls


def test_a_comment_kept_for_its_edited_text_keeps_its_files(cast, case):
    path = f"comments.{case.seen['id']}"
    sent = {"comments": [{"id": case.seen["id"], "comment": "Jo"}]}
    choices = services.ConflictChoices(case.version, {path: "mine"})
    services.update(case, sent, actor=cast.sven, context=BY_BROWSER, base=2, conflict_choices=choices)
    (comment,) = SupportCase.objects.get(pk=case.pk).comments
    assert (comment["comment"], [file["url"] for file in comment["files"]]) == ("Jo", [OLD])


def test_an_unedited_comment_stays_deleted(cast, case):
    file = case.seen["files"][0]
    sent = {"comments": [{"id": case.seen["id"], "files": [{"id": file["id"], "url": OLD}]}]}
    assert services.update(case, sent, actor=cast.sven, context=BY_BROWSER, base=2).changes == []


def test_a_comment_and_files_of_two_users_are_both_added(cast, records):
    """Two people add to the same version of a case, and to the same comment."""
    case = records.case
    comment, file = ({"id": each["id"]} for each in (case.comments[0], case.files[0]))

    def add(user, name):
        url = f"https://files.example.com/{name}.png"
        values = {
            "comments": [comment | {"files": [{"url": url}]}, {"comment": name}],
            "files": [file, {"url": url}],
        }
        return services.update(case, values, actor=user, context=BY_BROWSER, base=1)

    add(cast.ada, "first")
    add(cast.sven, "second")
    case = SupportCase.objects.get(pk=case.pk)
    assert [each["comment"] for each in case.comments][1:] == ["first", "second"]
    for files in (case.files, case.comments[0]["files"]):
        assert [each["url"].rpartition("/")[2] for each in files][-2:] == ["first.png", "second.png"]
