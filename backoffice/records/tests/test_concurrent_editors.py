"""Concurrent editors on all channels, in any order: hypothesis compares the product with the model of the
merge."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backoffice.admin.tests.pages import read_outcomes, run_action
from backoffice.people import roles
from backoffice.people.tests.factories import UserFactory
from backoffice.records.history.versions import history_of, plain_state, state_at
from backoffice.records.tests.editors import BLIND, CHANNELS, IF_MATCH, RECORD_TYPES, Person, View, as_stored
from backoffice.records.tests.merge_model import (
    ANYTHING,
    Edit,
    MergeModel,
    Outcome,
    apply_changes,
    revert_changes,
    value_at,
)
from facility.tests.factories import ComplaintFactory, CustomerObjectFactory
from supportdesk.tests.factories import SupportCaseFactory

TAGS = ["red", "green", "blue"]


class Editors(RuleBasedStateMachine):
    """`states[version]` has every state of the record; `views` what editors see."""

    world = None
    """The users and referenced records, shared by all runs."""

    @initialize(name=st.sampled_from(list(RECORD_TYPES)))
    def begins(self, name):
        """Create one record."""
        how = {"company": self.world.company}
        if name == "object":
            self.record = CustomerObjectFactory(
                **how, customer=self.world.customer.pk, name="one", tags=["red"]
            )
        elif name == "complaint":
            self.record = ComplaintFactory(**how, object=self.world.place.pk, desc="one")
        else:
            comments = [{"comment": "first"}, {"comment": "second"}]
            self.record = SupportCaseFactory(**how, name="one", comments=comments)
        self.name, self.record_type, self.staff = name, RECORD_TYPES[name], self.world.staff[name]
        self.states = {1: plain_state(self.fresh())}
        self.views: list[View] = []

    def fresh(self):
        return type(self.record).objects.get(pk=self.record.pk)

    @property
    def version(self) -> int:
        return max(self.states)

    @property
    def now(self) -> dict:
        return self.states[self.version]

    # Actions of editors

    @rule(data=st.data(), channel=st.sampled_from(CHANNELS))
    def opens(self, data, channel):
        """An editor opens the record on any channel, and sees the current state."""
        person = data.draw(st.sampled_from(self.world.admins if channel == "admin" else self.staff))
        view = View(self.record_type, self.record, person, channel, self.version, {})
        self.views.append(view.open())

    def drawn(self, data, of=lambda view: True):
        """Draw one of the views; sending uses it up."""
        return data.draw(st.sampled_from([view for view in self.views if of(view)]))

    @precondition(lambda self: any(view.conflict_version is None for view in self.views))
    @rule(data=st.data(), whole=st.booleans())
    def sends(self, data, whole):
        """An editor edits and sends."""
        view = self.drawn(data, lambda view: view.conflict_version is None)
        self.views.remove(view)
        edit = self.typed(data, view)
        now = self.now
        blind = view.channel == BLIND
        seen = self.states[view.version]
        outcome = MergeModel(seen, now, blind=blind).judge(self.as_plain(edit), self.defaults_of(view))
        whole = whole and not blind
        response = view.send(edit, whole)
        if view.channel == IF_MATCH and view.version != self.version:
            assert response.status_code == 412
            assert_lists_changes(response, self.rows(view.version))
            outcome = Outcome()
        elif outcome.invalid:
            assert response.status_code == 422
            outcome = Outcome()
        self.judge(view, edit, outcome, response, {} if blind else seen)

    @precondition(lambda self: any(view.conflict_version is not None for view in self.views))
    @rule(data=st.data())
    def settles(self, data):
        """An editor who was shown a conflict chooses, perhaps not for all properties, and sends again."""
        view = self.drawn(data, lambda view: view.conflict_version is not None)
        self.views.remove(view)
        choose = st.sampled_from(["mine", "theirs"])
        choices = {path: data.draw(choose) for path in view.questions if data.draw(st.integers(0, 5))}
        states, state_at_choice = self.states, self.states[view.conflict_version]
        judge = MergeModel(states[view.version], self.now, choices=choices, state_at_choice=state_at_choice)
        outcome = judge.judge(self.as_plain(view.edit), self.defaults_of(view))
        seen = {**states[view.version], "choices": choices, "state_at_choice": state_at_choice}
        self.judge(view, view.edit, outcome, view.send(view.edit, choices=choices), seen)

    def judge(self, view: View, edit: Edit, outcome: Outcome, response, seen: dict):
        """The response and the new state are those of the model."""
        self.world.met.add(f"{view.channel}{', settling' if 'choices' in seen else ''}: {outcome.word}")
        if outcome.conflicts:
            assert response.status_code == (200 if view.is_form else 409), response.content
            if view.is_form:
                assert set(view.questions) == outcome.conflicts
                view.edit, view.conflict_version = edit, self.version
                self.views.append(view)
            else:
                assert len(response.json()["errors"]) == len(outcome.conflicts)
            outcome = Outcome()
        elif view.is_form:
            assert response.status_code == 302, response.content
        elif not outcome.nothing:
            assert response.status_code == 200, response.content
            assert response["ETag"] == f'"{self.version + 1}"'
        self.verify(outcome, seen)

    @rule(data=st.data())
    def takes_back(self, data):
        """An editor undoes an earlier change, based on the version right after it."""
        version = data.draw(st.integers(1, self.version))
        person = data.draw(st.sampled_from(self.staff))
        row = history_of(self.record).get(version=version)
        tops = {entry["property"].split(".")[0] for entry in row.changes}
        reverted = tops & {*self.record_type.values, "comments", "status", *FOLLOWING} - {
            "security_code", "private_information",
        }  # fmt: skip
        url = f"{self.record_type.page}{self.record.pk}/versions/{version}/undo"
        response = person.client.post(url)
        if row.action == "create" or not reverted:
            assert response.status_code == 403
            return self.verify(Outcome())
        assert response.status_code == 302
        before, after = self.states[version - 1], self.states[version]
        edit = Edit({top: before[top] for top in reverted - {"comments"}})
        if "comments" in reverted:
            was, came = by_id(before["comments"]), by_id(after["comments"])
            edit.dropped = came.keys() - was.keys()
            edit.restored = [was[pk] for pk in was if pk not in came]
            edit.texts = {pk: was[pk]["comment"] for pk in was.keys() & came.keys() if was[pk] != came[pk]}
        implied = self.defaults_for(person) if self.name == "case" else None
        outcome = MergeModel(after, self.now).judge(edit, implied)
        self.world.met.add(f"undo: {outcome.word}")
        return self.verify(Outcome() if outcome.conflicts else outcome, after)

    @rule(data=st.data())
    def changes_in_bulk(self, data):
        """An administrator changes the record in bulk, with or without a value to enter."""
        action, (prop, value) = data.draw(st.sampled_from(list(self.world.bulk[self.name].items())))
        client = data.draw(st.sampled_from(self.world.admins)).client
        chosen = {} if action in AT_ONCE else {"value": "" if value is None else value}
        answer = run_action(client, [self.record], action, **chosen)
        nothing = self.now[prop] == value
        words = [word for word, _why in read_outcomes(answer.content).values()]
        assert words == ["Unchanged" if nothing else "Done"]
        self.verify(Outcome({} if nothing else {prop: value}))

    @precondition(lambda self: self.name == "complaint")
    @rule(action=st.sampled_from(["finish", "reopen"]))
    def moves_the_work(self, action):
        """Properties that an action derives are never in conflict."""
        finished = self.now["complaint_status"] == "finished"
        person = self.staff[0]
        url = f"/complaints/{self.record.pk}/act/{action}"
        allowed = finished == (action == "reopen")
        assert person.client.post(url).status_code == (302 if allowed else 403)
        back = "assigned" if self.now["user"] else "new"
        status = {"complaint_status": "finished" if action == "finish" else back}
        self.verify(Outcome(status if allowed else {}))

    # Their input

    def typed(self, data, view: View) -> Edit:
        record_type, seen = view.record_type, self.states[view.version]
        offered = {**record_type.values}
        if "user" in offered:
            offered["user"] = [None, *self.world.assignees]
        names = data.draw(st.sets(st.sampled_from(list(offered)), min_size=1, max_size=3))
        if "comments" in seen and data.draw(st.booleans()):
            return self.typed_comments(data, seen)
        edit = Edit()
        for name in sorted(names):
            if name == "tags":
                tags = st.lists(st.sampled_from(TAGS), unique=True, max_size=len(seen["tags"]) + 1)
                edit.values[name] = data.draw(tags)
            else:
                edit.values[name] = data.draw(st.sampled_from(offered[name]))
        return edit

    def typed_comments(self, data, seen: dict) -> Edit:
        edit = Edit(added=data.draw(st.lists(st.sampled_from(["third", "fourth"]), max_size=1)))
        for comment in seen["comments"]:
            does = data.draw(st.sampled_from(["leaves", "edits", "drops"]))
            if does == "edits":
                edit.texts[comment["id"]] = data.draw(st.sampled_from(["first", "changed"]))
            elif does == "drops":
                edit.dropped.add(comment["id"])
        return edit

    def as_plain(self, edit: Edit) -> Edit:
        return Edit(as_stored(edit.values, self.record), edit.added, edit.texts, edit.dropped)

    def defaults_of(self, view: View):
        return self.defaults_for(view.person) if self.name == "case" else None

    def defaults_for(self, person: Person):
        """The defaults of a new answer: author, date, and employee."""

        def defaults(values: dict, now: dict) -> dict:
            if not values.get("response_answer"):
                return {}
            found = {"response_date": ANYTHING, "response_employee": person.user.pk}
            if not values.get("response_author", now["response_author"]):
                found["response_author"] = "PlayMaker Teamet"
            if now["response_employee"] != person.user.pk:
                found["response_employee_name"] = str(person.user)
            return found

        return defaults

    # Invariants after each step

    def rows(self, after: int = 0):
        return list(history_of(self.record).filter(version__gt=after).reverse())

    def verify(self, outcome: Outcome, seen: dict | None = None):
        """The record is as predicted, nothing unseen was overwritten, and the history is complete."""
        before, version = self.now, self.version
        record = self.fresh()
        state = plain_state(record)
        if not outcome.nothing:
            version += 1
            self.states[version] = state
        assert record.version == version
        expected = {**before, **outcome.values}
        for prop in expected.keys() - {"comments"} - type(record).derived:
            if expected[prop] is not ANYTHING:
                assert state[prop] == expected[prop], prop
        if "complaint_status" in outcome.values:
            assert state["complaint_status"] == outcome.values["complaint_status"]
        if "comments" in expected:
            texts = [
                outcome.texts.get(comment["id"], comment["comment"])
                for comment in before["comments"]
                if comment["id"] not in outcome.dropped
            ]
            assert [comment["comment"] for comment in state["comments"]] == texts + outcome.added
        rows = self.rows()
        assert [row.version for row in rows] == list(range(1, version + 1))
        if not outcome.nothing and seen:
            self.nothing_unseen_was_overwritten(rows[-1], before, seen)
        self.history_leads_both_ways(rows, self.states)

    def nothing_unseen_was_overwritten(self, row, before: dict, seen: dict):
        """Each entry replaced a value that its editor saw, or was shown in a conflict."""
        state_at_choice, choices = seen.get("state_at_choice"), seen.get("choices", {})
        for entry in row.changes:
            path = entry["property"]
            if entry["old"] is None and "." in path:
                continue  # a new element
            if path.split(".")[0] in DERIVED:
                continue
            is_resolved = state_at_choice and (path in choices or path in FOLLOWING)
            assert value_at(state_at_choice if is_resolved else seen, path) == value_at(before, path), path

    def history_leads_both_ways(self, rows, states: dict):
        """The history leads from the empty state to the current one, and back."""
        nothing = {prop: [] if isinstance(value, list) else None for prop, value in states[1].items()}
        state = nothing
        for row in rows:
            state = (
                apply_changes(state, row.changes)
                if row.version > 1
                else {**nothing, **state_from_entries(row.changes)}
            )
            assert are_equal(state, states[row.version]), row.version
        for row in reversed(rows[1:]):
            state = revert_changes(state, row.changes)
            assert are_equal(state, states[row.version - 1]), row.version

    def teardown(self):
        """The product reconstructs all earlier states; after deletion, the history stays."""
        record = self.fresh()
        for version, state in self.states.items():
            assert state_at(record, version) == state
        person = self.staff[0]
        page = f"{self.record_type.page}{record.pk}/remove"
        if record.version > 1:
            assert person.client.post(page, {"version": record.version - 1}).status_code == 200
        assert self.fresh().version == record.version
        assert person.client.post(page, {"version": record.version}).status_code == 302
        rows = self.rows()
        assert [row.version for row in rows] == list(range(1, record.version + 2))
        last = revert_changes(dict.fromkeys(self.now), rows[-1].changes)
        assert are_equal(last, self.now)


AT_ONCE = {"archive", "activate", "mark_solved", "mark_unsolved"}
FOLLOWING = ("response_author", "response_date", "response_employee", "response_employee_name")
DERIVED = {"complaint_status", "assigned_date", "finished_at", "finished_by"}


def by_id(elements: list[dict]) -> dict[str, dict]:
    return {element["id"]: element for element in elements}


def state_from_entries(changes: list[dict]) -> dict:
    """Return the state after the first history row: whole properties, and elements one by one."""
    state = {}
    for entry in changes:
        name, *element = entry["property"].split(".")
        state[name] = [*state.get(name, []), entry["new"]] if element else entry["new"]
    return state


def are_equal(one: dict, other: dict) -> bool:
    """Return whether two states are equal, regardless of how a missing value is represented."""
    return {name: value or None for name, value in one.items() if value is not False} == {
        name: value or None for name, value in other.items() if value is not False
    }


def assert_lists_changes(response, rows):
    """A failed precondition lists what changed since, by whom and when."""
    errors = response.json()["errors"]
    assert {error["who"] for error in errors} <= {row.who for row in rows}
    assert all(error["when"] for error in errors)


@pytest.fixture
def editors(cast, key_of):
    """The state machine with its users: two administrators, and one member of each team."""
    ben = UserFactory(username="ben", first_name="Ben", company=cast.company, roles=[roles.ADMINISTRATOR])
    people = {user.username: Person.of(user, key_of(user)) for user in (cast.ada, ben, cast.alice, cast.sven)}
    admins = [people["ada"], people["ben"]]
    status = {"archive": ("status", 2), "activate": ("status", 1)}

    class World:
        met = set()
        company = cast.company
        customer = cast.resold
        place = CustomerObjectFactory(company=cast.company, customer=cast.resold.pk)
        assignees = (cast.alice.pk, cast.ada.pk)
        staff = {
            "complaint": [people["alice"], *admins],
            "object": [people["alice"], *admins],
            "case": [people["sven"], *admins],
        }
        bulk = {
            "complaint": {**status, "assign": ("user", cast.alice.pk), "set_priority": ("priority", 3)},
            "object": status,
            "case": {**status, "mark_solved": ("solved", True), "mark_unsolved": ("solved", False)},
        }

    World.admins = admins
    return type("Game", (Editors,), {"world": World})


HOW = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "print_blob": True,
}


@pytest.mark.slow
def test_no_edit_is_lost(editors):
    run_state_machine_as_test(
        editors, settings=settings(**HOW, max_examples=3, stateful_step_count=12, derandomize=True)
    )


@pytest.mark.deep
@pytest.mark.endurance
def test_no_edit_is_lost_in_thousands_of_steps(editors):
    run_state_machine_as_test(
        editors, settings=settings(**HOW, max_examples=60, stateful_step_count=50, derandomize=True)
    )
    met = editors.world.met
    assert {f"{channel}: saved" for channel in (*CHANNELS, "undo")} <= met
    assert {f"{channel}: conflict" for channel in ("browser", "admin")} <= met
    assert {"browser, settling: saved", "admin, settling: saved"} & met
