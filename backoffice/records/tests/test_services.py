"""The write service: what is accepted, stored and refused."""

import pytest
from django.core.exceptions import ValidationError

from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict, DeletionRefused, Forbidden
from backoffice.records.history.versions import history_of, state_at
from backoffice.records.models import History
from backoffice.records.services import can_undo, find_undoable, undo
from facility.models import Complaint, CustomerObject

BY_BROWSER = ChangeContext(Channel.BROWSER, "request-1")


def test_an_update_writes_the_differences_and_one_history_entry(cast, records):
    planned = services.update(
        records.complaint, {"priority": 3, "desc": "Lampen er gået"}, actor=cast.alice, context=BY_BROWSER
    )
    kept = Complaint.objects.get(pk=records.complaint.pk)
    assert (kept.priority, kept.version, kept.last_modified_by_id) == (3, 2, cast.alice.pk)
    assert kept.last_modified_at > records.complaint.last_modified_at
    row = history_of(kept).first()
    assert row.changes == [{"property": "priority", "old": 1, "new": 3}] == planned.changes
    assert (row.who, row.user_id, row.via, row.request_id, row.version) == (
        "Alice",
        cast.alice.pk,
        "browser",
        "request-1",
        2,
    )


def test_sending_the_stored_values_changes_nothing(cast, records):
    before = History.objects.count()
    planned = services.update(
        records.object,
        {"tags": ["school", "north"], "name": "Rådhuset"},
        actor=cast.alice,
        context=BY_BROWSER,
    )
    assert planned.changes == []
    assert History.objects.count() == before
    assert CustomerObject.objects.get(pk=records.object.pk).version == 1


def test_all_validation_errors_are_raised_together_and_nothing_is_written(cast, records):
    with pytest.raises(ValidationError) as caught:
        services.update(
            records.object,
            {"rating": 6, "location_latitude": 91, "contact_email": "nobody", "tags": ["a", "a"],
             "material": [{"article": "f" * 24, "budget": "much"}], "name": "fine"},
            actor=cast.alice, context=BY_BROWSER,
        )  # fmt: skip
    assert set(caught.value.message_dict) >= {
        "rating",
        "location_latitude",
        "contact_email",
        "tags.1",
        "material.0.budget",
    }
    assert CustomerObject.objects.get(pk=records.object.pk).version == 1


def test_references_must_be_of_the_same_company(cast, records):
    for values in ({"customer": records.their_customer.pk}, {"contacts": [records.their_contact.pk]},
                   {"object_manager": cast.charlie.pk}, {"material": [{"article": records.their_article.pk}]}):  # fmt: skip
        with pytest.raises(ValidationError):
            services.update(records.object, values, actor=cast.alice, context=BY_BROWSER)


def test_no_record_changes_its_company(cast, records):
    for record in (records.complaint, records.object, records.case, records.contact, cast.resold):
        for actor in (cast.ada, cast.root):
            with pytest.raises((Forbidden, ValidationError)):
                services.update(record, {"company": cast.elsewhere.pk}, actor=actor, context=BY_BROWSER)
        assert type(record).objects.get(pk=record.pk).company_id == cast.company.pk


def test_rights_are_checked_first(cast, records):
    for actor in (cast.vera, cast.charlie, cast.rikke, cast.sven):
        with pytest.raises(Forbidden):
            services.update(records.complaint, {"priority": 99}, actor=actor, context=BY_BROWSER)
        with pytest.raises(Forbidden):
            services.delete(records.complaint, actor=actor, context=BY_BROWSER)
    assert cast.root.may("change", records.complaint)


def test_secrets_are_in_the_history_as_a_keyed_hash(cast, records):
    services.update(
        records.object,
        {"security_code": "code-marker", "key": {"box": 3}},
        actor=cast.alice,
        context=BY_BROWSER,
    )
    row = history_of(records.object).first()
    assert [entry["new"][:5] for entry in row.changes] == ["hmac:", "hmac:"]
    assert "marker" not in str(row.changes)
    kept = CustomerObject.objects.get(pk=records.object.pk)
    assert (kept.security_code, kept.key) == ("code-marker", {"box": 3})


def test_disjoint_edits_merge_and_overlapping_ones_conflict(cast, records):
    services.update(records.complaint, {"priority": 3}, actor=cast.alice, context=BY_BROWSER)
    planned = services.update(
        records.complaint, {"priority": 1, "comment": "checked"}, actor=cast.ada, context=BY_BROWSER, base=1
    )
    assert (planned.record.priority, planned.record.comment) == (3, "checked")
    assert [row.who for row in planned.merged_entries] == ["Alice"]
    with pytest.raises(Conflict) as caught:
        services.update(records.complaint, {"priority": 4}, actor=cast.ada, context=BY_BROWSER, base=1)
    conflict = caught.value.conflicts[0]
    assert (conflict.property, conflict.base, conflict.mine, conflict.theirs, conflict.who, conflict.via) == (
        "priority", 1, 4, 3, "Alice", "browser",
    )  # fmt: skip


def test_edits_that_are_invalid_only_together_are_a_conflict(cast, records):
    place = services.update(
        records.object,
        {"location_latitude": 55.7, "location_longitude": 12.5},
        actor=cast.alice,
        context=BY_BROWSER,
    )
    services.update(
        place.record, {"contract_start_date": "2026-06-01T00:00:00Z"}, actor=cast.alice, context=BY_BROWSER
    )
    with pytest.raises(Conflict, match="Alice"):
        services.update(
            place.record,
            {"contract_end_date": "2026-05-01T00:00:00Z"},
            actor=cast.ada,
            context=BY_BROWSER,
            base=2,
        )


def test_the_state_follows_the_assignee(cast, records):
    planned = services.update(
        records.complaint, {"user": cast.alice.pk}, actor=cast.alice, context=BY_BROWSER
    )
    assert (planned.record.complaint_status, planned.record.assigned_date) == ("assigned", planned.at)
    planned = services.update(planned.record, {}, actor=cast.alice, context=BY_BROWSER, action="finish")
    assert (planned.record.complaint_status, planned.record.finished_by_id) == ("finished", cast.alice.pk)
    planned = services.update(planned.record, {}, actor=cast.alice, context=BY_BROWSER, action="reopen")
    planned = services.update(planned.record, {"user": None}, actor=cast.alice, context=BY_BROWSER)
    assert (planned.record.complaint_status, planned.record.assigned_date, planned.record.finished_at) == (
        "new",
        None,
        None,
    )
    with pytest.raises(ValidationError):
        services.update(
            planned.record, {"complaint_status": "finished"}, actor=cast.alice, context=BY_BROWSER
        )


def test_earlier_versions_are_reconstructed_from_the_history(cast, records):
    first = state_at(records.case, 1)
    case = records.case
    planned = services.update(case, {"comments": [{"comment": "Ja"}, {"id": case.comments[0]["id"], "comment": "Har du?"}]},
                   actor=cast.sven, context=BY_BROWSER)  # fmt: skip
    planned = services.update(planned.record, {"comments": [planned.record.comments[1]], "files": [], "solved": True},
                   actor=cast.sven, context=BY_BROWSER, base=2)  # fmt: skip
    assert len(planned.record.comments) == 1
    assert state_at(planned.record, 1) == first


def test_a_record_that_others_reference_is_not_deleted(cast, records):
    with pytest.raises(DeletionRefused, match="1 complaints"):
        services.delete(records.object, actor=cast.alice, context=BY_BROWSER)
    services.delete(records.complaint, actor=cast.alice, context=BY_BROWSER)
    services.delete(records.object, actor=cast.alice, context=BY_BROWSER)
    row = History.objects.filter(record_id=records.object.pk).order_by("-version").first()
    assert row.action == "remove"
    assert {"property": "tags", "old": ["school", "north"], "new": []} in row.changes


def test_numbers_are_never_used_twice(cast, records):
    values = {"object": records.object.pk, "desc": "Dør"}
    second = services.create(Complaint, values, actor=cast.alice, context=BY_BROWSER).record
    assert second.number == records.complaint.number + 1
    services.delete(second, actor=cast.alice, context=BY_BROWSER)
    third = services.create(Complaint, values, actor=cast.alice, context=BY_BROWSER).record
    assert third.number == second.number + 1
    with pytest.raises(ValidationError, match="already in use"):
        services.update(third, {"number": records.complaint.number}, actor=cast.alice, context=BY_BROWSER)
    services.update(third, {"number": 500}, actor=cast.alice, context=BY_BROWSER)
    assert services.create(Complaint, values, actor=cast.alice, context=BY_BROWSER).record.number == 501


def test_records_can_be_saved_by_the_service_only(records):
    with pytest.raises(TypeError, match=r"saved by records\.services"):
        records.complaint.save()
    with pytest.raises(TypeError, match=r"deleted by records\.services"):
        records.complaint.delete()
    with pytest.raises(TypeError):
        history_of(records.complaint).first().delete()


def test_a_conflict_is_resolved_by_choices_for_the_shown_version(cast, records):
    theirs = services.update(
        records.complaint, {"desc": "theirs", "priority": 3}, actor=cast.alice, context=BY_BROWSER
    ).record
    mine = {"desc": "mine", "priority": 4}
    for choices, expected in (
        ({"desc": "mine", "priority": "theirs"}, ("mine", 3)),
        ({"desc": "theirs", "priority": "theirs"}, ("theirs", 3)),
    ):
        conflict_choices = services.ConflictChoices(theirs.version, choices)
        planned = services.plan(theirs, mine, actor=cast.ada, base=1, conflict_choices=conflict_choices)
        assert (planned.record.desc, planned.record.priority) == expected
    with pytest.raises(Conflict) as caught:
        services.plan(
            theirs,
            mine,
            actor=cast.ada,
            base=1,
            conflict_choices=services.ConflictChoices(theirs.version, {"desc": "mine"}),
        )
    kept = [(conflict.property, conflict.choice) for conflict in caught.value.conflicts]
    assert kept == [("priority", ""), ("desc", "mine")]
    again = services.update(
        theirs, {"desc": "changed once more"}, actor=cast.alice, context=BY_BROWSER
    ).record
    with pytest.raises(Conflict):
        services.plan(
            again,
            {"desc": "mine"},
            actor=cast.ada,
            base=1,
            conflict_choices=services.ConflictChoices(theirs.version, {"desc": "mine"}),
        )


def test_conflicts_of_comments_are_resolved_one_by_one(cast, records):
    case = records.case
    first = case.comments[0]
    edited = [{"id": first["id"], "comment": "mine"}]
    removed = services.update(case, {"comments": []}, actor=cast.sven, context=BY_BROWSER, base=1).record
    path = f"comments.{first['id']}"
    with pytest.raises(Conflict):
        services.plan(removed, {"comments": edited}, actor=cast.ada, base=1)
    keep = services.plan(
        removed,
        {"comments": edited},
        actor=cast.ada,
        base=1,
        conflict_choices=services.ConflictChoices(2, {path: "mine"}),
    )
    assert [comment["comment"] for comment in keep.record.comments] == ["mine"]
    leave = services.plan(
        removed,
        {"comments": edited},
        actor=cast.ada,
        base=1,
        conflict_choices=services.ConflictChoices(2, {path: "theirs"}),
    )
    assert leave.changes == []

    case = services.update(
        removed, {"comments": [{"comment": "second"}]}, actor=cast.sven, context=BY_BROWSER
    ).record
    second = case.comments[0]
    case = services.update(case, {"comments": [{"id": second["id"], "comment": "second, corrected"}]},
                  actor=cast.sven, context=BY_BROWSER).record  # fmt: skip
    path = f"comments.{second['id']}"
    for choice, left in (("mine", []), ("theirs", ["second, corrected"])):
        planned = services.plan(
            case,
            {"comments": []},
            actor=cast.ada,
            base=3,
            conflict_choices=services.ConflictChoices(4, {path: choice}),
        )
        assert [comment["comment"] for comment in planned.record.comments] == left


def test_a_default_does_not_replace_a_concurrent_value(cast, records):
    """An answer gets its date by default; another user has dated this one concurrently."""
    dated = services.update(
        records.case, {"response_date": "2020-01-01T12:00:00Z"}, actor=cast.ada, context=BY_BROWSER
    )
    theirs, answer = dated.record, {"response_answer": "Prøv igen"}
    with pytest.raises(Conflict) as caught:
        services.plan(theirs, answer, actor=cast.sven, base=1)
    conflict = caught.value.conflicts[0]
    assert (conflict.property, conflict.base, conflict.theirs, conflict.who) == (
        "response_date", None, "2020-01-01T12:00:00.000Z", "Ada",
    )  # fmt: skip
    for choice in ("mine", "theirs"):
        planned = services.plan(
            theirs,
            answer,
            actor=cast.sven,
            base=1,
            conflict_choices=services.ConflictChoices(2, {"response_date": choice}),
        )
        assert planned.record.response_answer == "Prøv igen"
        assert (planned.record.response_date == theirs.response_date) == (choice == "theirs")
        assert planned.record.response_employee_id == cast.sven.pk
    assert services.plan(theirs, answer, actor=cast.sven, base=2).record.response_date != theirs.response_date


def test_resolving_a_conflict_does_not_include_its_defaults(cast, records):
    theirs = services.update(
        records.case, {"response_answer": "theirs"}, actor=cast.ada, context=BY_BROWSER
    ).record
    mine = {"response_answer": "mine"}
    with pytest.raises(Conflict) as caught:
        services.plan(theirs, mine, actor=cast.sven, base=1)
    assert [conflict.property for conflict in caught.value.conflicts] == ["response_answer"]
    conflict_choices = services.ConflictChoices(2, {"response_answer": "mine"})
    planned = services.plan(theirs, mine, actor=cast.sven, base=1, conflict_choices=conflict_choices)
    assert (planned.record.response_answer, planned.record.response_employee_id) == ("mine", cast.sven.pk)
    conflict_choices = services.ConflictChoices(2, {"response_answer": "theirs"})
    assert (
        services.plan(theirs, mine, actor=cast.sven, base=1, conflict_choices=conflict_choices).changes == []
    )


def test_undo_is_a_change_of_its_own(cast, records):
    case, first = records.case, records.case.comments[0]
    changed = services.update(case, {"name": "Andet", "device": "IOS", "comments": [], "private_information": "other"},
                     actor=cast.sven, context=BY_BROWSER, base=1).record  # fmt: skip
    later = services.update(changed, {"system_version": "9"}, actor=cast.ada, context=BY_BROWSER).record
    row = history_of(later).get(version=2)
    assert can_undo(later, row, cast.sven) == ["name", "device", "comments"]
    reverted = undo(later, row, actor=cast.sven, context=BY_BROWSER).record
    assert (reverted.name, reverted.device, reverted.system_version, reverted.version) == (
        "Intet billede",
        "",
        "9",
        4,
    )
    assert reverted.comments == [first]
    assert reverted.private_information == "other"
    assert history_of(reverted).first().action == "undo"

    row = history_of(reverted).get(version=4)
    again = undo(reverted, row, actor=cast.sven, context=BY_BROWSER).record
    assert (again.name, again.comments) == ("Andet", [])

    touched = services.update(again, {"name": "Tredje"}, actor=cast.ada, context=BY_BROWSER).record
    with pytest.raises(Conflict) as caught:
        undo(touched, row, actor=cast.sven, context=BY_BROWSER)
    assert [conflict.property for conflict in caught.value.conflicts] == ["name"]
    with pytest.raises(Forbidden):
        undo(touched, row, actor=cast.vera, context=BY_BROWSER)


def test_a_second_undo_of_a_removal_keeps_later_changes(cast, records):
    """The comment was restored already, and changed since: restoring it again would lose that change."""
    first = records.case.comments[0]
    removed = services.update(
        records.case, {"comments": []}, actor=cast.sven, context=BY_BROWSER, base=1
    ).record
    row = history_of(removed).first()
    assert find_undoable(removed, [row], cast.sven) == {2}
    back = undo(removed, row, actor=cast.sven, context=BY_BROWSER).record
    assert find_undoable(back, history_of(back), cast.sven) == {3}
    assert undo(back, row, actor=cast.sven, context=BY_BROWSER).changes == []
    corrected = [{"id": first["id"], "comment": "corrected"}]
    edited = services.update(back, {"comments": corrected}, actor=cast.ada, context=BY_BROWSER).record
    assert find_undoable(edited, history_of(edited), cast.sven) == {4}
    with pytest.raises(Conflict) as caught:
        undo(edited, row, actor=cast.sven, context=BY_BROWSER)
    assert [(conflict.property, conflict.who) for conflict in caught.value.conflicts] == [
        (f"comments.{first['id']}.comment", "Ada")
    ]


def test_undo_excludes_derived_properties(cast, records):
    done = services.update(
        records.complaint, {}, actor=cast.alice, context=BY_BROWSER, action="finish"
    ).record
    assert can_undo(done, history_of(done).first(), cast.alice) == []
    assert can_undo(done, history_of(done).last(), cast.alice) == []
