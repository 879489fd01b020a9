"""A model of the merge, as small as possible: the expected outcome of an edit by the rule in
`docs/development/concurrent-edits.md`. It shares no code with the product, and keeps every state that a record ever
had."""

from dataclasses import dataclass, field

ANYTHING = object()
"""A value that the product chooses: the date of an answer."""
MINE = "mine"
FOLLOWS = {"response_employee_name": "response_employee"}
"""Defaults that are set only together with another one."""


@dataclass
class Edit:
    """The input of an editor: values by property; of comments, new texts, texts by id, and removed ids."""

    values: dict = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    restored: list[dict] = field(default_factory=list)
    """Comments that an undo restores."""

    @property
    def of_comments(self) -> bool:
        return bool(self.added or self.texts or self.dropped or self.restored)


@dataclass
class Outcome:
    """The expected outcome of an edit: the properties and comments that change, and the paths that are in
    conflict."""

    values: dict = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    conflicts: set[str] = field(default_factory=set)
    invalid: bool = False

    @property
    def word(self) -> str:
        """The outcome in one word, for the statistics."""
        return "conflict" if self.conflicts else "nothing" if self.nothing else "saved"

    @property
    def nothing(self) -> bool:
        return not (self.values or self.added or self.texts or self.dropped)


class MergeModel:
    """Predicts the outcome of one edit from what its editor saw, the current state, and the choices after a
    conflict. A `blind` editor names no base: everything they send is an edit of the current state."""

    def __init__(self, seen: dict, now: dict, *, blind=False, choices=None, state_at_choice=None):
        self.seen, self.now, self.blind = seen, now, blind
        self.base = now if blind else seen
        self.choices, self.state_at_choice = choices or {}, state_at_choice
        self.outcome = Outcome()

    def judge(self, edit: Edit, defaults=None) -> Outcome:
        """Return the outcome. `defaults(values, now)` returns the properties that the edits set by
        default."""
        for name, mine in edit.values.items():
            if self.applies(name, self.base[name], mine, self.now[name]):
                self.outcome.values[name] = mine
        if edit.of_comments:
            self.comments(edit)
        if defaults and not self.outcome.conflicts:
            self.defaults(defaults(self.outcome.values, self.now))
        return self.outcome

    def applies(self, path, base, mine, theirs) -> bool:
        if mine in (base, theirs):
            return False
        return theirs == base or self.resolve(path, theirs) == MINE

    def resolve(self, path, theirs):
        if path in self.choices and value_at(self.state_at_choice, path) == theirs:
            return self.choices[path]
        self.outcome.conflicts.add(path)
        return None

    def comments(self, edit: Edit) -> None:
        seen = {comment["id"]: comment for comment in self.seen["comments"]}
        now = {comment["id"]: comment for comment in self.now["comments"]}
        if self.blind and seen.keys() - edit.dropped - now.keys():
            self.outcome.invalid = True  # refers to a removed comment
            return
        for pk, text in edit.texts.items():
            if pk in now:
                seen_comment = now[pk] if self.blind else seen[pk]
                if self.applies(f"comments.{pk}.comment", seen_comment["comment"], text, now[pk]["comment"]):
                    self.outcome.texts[pk] = text
            elif text != seen[pk]["comment"] and self.resolve(f"comments.{pk}", None) == MINE:
                self.outcome.added.append(text)
        self.outcome.added += edit.added
        for pk in edit.dropped & now.keys():
            if not self.blind and (now[pk] == seen[pk] or self.resolve(f"comments.{pk}", now[pk]) == MINE):
                self.outcome.dropped.add(pk)
        for comment in edit.restored:
            if comment["id"] in now:  # restored already: unchanged, or a conflict
                differ = {name for name in comment if comment[name] != now[comment["id"]][name]}
                self.outcome.conflicts |= {f"comments.{comment['id']}.{name}" for name in differ}
            else:
                self.outcome.added.append(comment["comment"])
        if self.blind:
            left_out = now.keys() - (seen.keys() - edit.dropped)
            self.outcome.conflicts |= {f"comments.{pk}" for pk in left_out}

    def defaults(self, default_values: dict) -> None:
        seen, declined = self.state_at_choice or self.base, set()
        for name, mine in default_values.items():
            if name in self.outcome.values or mine == self.now[name] or FOLLOWS.get(name) in declined:
                continue
            if seen[name] != self.now[name]:
                self.outcome.conflicts.add(name)
            elif self.choices.get(name, MINE) == MINE:
                self.outcome.values[name] = mine
            else:
                declined.add(name)


def value_at(state: dict, path: str):
    """Return the value at a path of a state, None if there is none."""
    name, *rest = path.split(".")
    if not rest:
        return state[name]
    element = next((each for each in state[name] if each["id"] == rest[0]), None)
    if element is None or len(rest) == 1:
        return element
    return value_at(element, ".".join(rest[1:]))


def apply_changes(state: dict, changes: list[dict]) -> dict:
    """Return a state with the changes of one history row applied."""
    for entry in changes:
        state = _put(state, entry["property"].split("."), entry["old"], entry["new"])
    return state


def revert_changes(state: dict, changes: list[dict]) -> dict:
    """Return a state with the changes of one history row reverted."""
    for entry in sorted(changes, key=lambda entry: entry.get("place", -1)):
        state = _put(state, entry["property"].split("."), entry["new"], entry["old"], entry.get("place"))
    return state


def _put(state: dict, path: list[str], old, new, place=None) -> dict:
    name, *rest = path
    if not rest:
        assert (state[name] or None) == (old or None), f"{name} is not what the history says it was"
        return {**state, name: new}
    elements, pk, below = list(state[name] or []), rest[0], rest[1:]
    index = next((n for n, element in enumerate(elements) if element["id"] == pk), None)
    if below:
        elements[index] = _put(elements[index], below, old, new, place)
    elif old is None:
        assert index is None, f"{path} is there already"
        elements.insert(len(elements) if place is None else place, new)
    else:
        assert elements[index] == old, f"{path} is not what the history says it was"
        if new is None:
            del elements[index]
    return {**state, name: elements}
