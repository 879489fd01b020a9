"""The rule of `docs/concepts/changes.md` once more, as small as it can be said: what must come of an edit. It knows
nothing of how the product does it, and keeps every state that a record ever had."""

from dataclasses import dataclass, field

ANYTHING = object()
"""A value that the product chooses: the moment of an answer."""
MINE = "mine"
FOLLOWS = {"response_employee_name": "response_employee"}
"""A default that is only there if another one is."""


@dataclass
class Edit:
    """What somebody typed: values by property; of the comments new texts, texts by id, and ids taken away."""

    values: dict = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    restored: list[dict] = field(default_factory=list)
    """Comments that come back as they were, by undoing."""

    @property
    def of_comments(self) -> bool:
        return bool(self.added or self.texts or self.dropped or self.restored)


@dataclass
class Outcome:
    """What must come of an edit: the properties and comments that change, and the paths that conflict."""

    values: dict = field(default_factory=dict)
    added: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    clashes: set[str] = field(default_factory=set)
    invalid: bool = False

    @property
    def word(self) -> str:
        """For the statistics of the game."""
        return "conflict" if self.clashes else "nothing" if self.nothing else "saved"

    @property
    def nothing(self) -> bool:
        return not (self.values or self.added or self.texts or self.dropped)


class Rule:
    """Judges one edit: what its editor saw, what is there, and (once told of a conflict) what they chose. Whoever
    is `blind` does not say what they saw: to them everything is an edit of what is there."""

    def __init__(self, seen: dict, now: dict, *, blind=False, choices=None, told=None):
        self.seen, self.now, self.blind = seen, now, blind
        self.base = now if blind else seen
        self.choices, self.told = choices or {}, told
        self.outcome = Outcome()

    def judge(self, edit: Edit, defaults=None) -> Outcome:
        """`defaults(values, now)` are the properties that follow from edits by themselves."""
        for name, mine in edit.values.items():
            if self.applies(name, self.base[name], mine, self.now[name]):
                self.outcome.values[name] = mine
        if edit.of_comments:
            self.comments(edit)
        if defaults and not self.outcome.clashes:
            self.defaults(defaults(self.outcome.values, self.now))
        return self.outcome

    def applies(self, path, base, mine, theirs) -> bool:
        if mine in (base, theirs):
            return False
        return theirs == base or self.settled(path, theirs) == MINE

    def settled(self, path, theirs):
        if path in self.choices and at(self.told, path) == theirs:
            return self.choices[path]
        self.outcome.clashes.add(path)
        return None

    def comments(self, edit: Edit) -> None:
        seen = {comment["id"]: comment for comment in self.seen["comments"]}
        now = {comment["id"]: comment for comment in self.now["comments"]}
        if self.blind and seen.keys() - edit.dropped - now.keys():
            self.outcome.invalid = True  # names a comment that is not there any more
            return
        for pk, text in edit.texts.items():
            if pk in now:
                then = now[pk] if self.blind else seen[pk]
                if self.applies(f"comments.{pk}.comment", then["comment"], text, now[pk]["comment"]):
                    self.outcome.texts[pk] = text
            elif text != seen[pk]["comment"] and self.settled(f"comments.{pk}", None) == MINE:
                self.outcome.added.append(text)
        self.outcome.added += edit.added
        for pk in edit.dropped & now.keys():
            if not self.blind and (now[pk] == seen[pk] or self.settled(f"comments.{pk}", now[pk]) == MINE):
                self.outcome.dropped.add(pk)
        for comment in edit.restored:
            if comment["id"] in now:  # it is back already: as it was then, or that is another edit
                differ = {name for name in comment if comment[name] != now[comment["id"]][name]}
                self.outcome.clashes |= {f"comments.{comment['id']}.{name}" for name in differ}
            else:
                self.outcome.added.append(comment["comment"])
        if self.blind:
            left_out = now.keys() - (seen.keys() - edit.dropped)
            self.outcome.clashes |= {f"comments.{pk}" for pk in left_out}

    def defaults(self, implied: dict) -> None:
        seen, yielded = self.told or self.base, set()
        for name, mine in implied.items():
            if name in self.outcome.values or mine == self.now[name] or FOLLOWS.get(name) in yielded:
                continue
            if seen[name] != self.now[name]:
                self.outcome.clashes.add(name)
            elif self.choices.get(name, MINE) == MINE:
                self.outcome.values[name] = mine
            else:
                yielded.add(name)


def at(state: dict, path: str):
    """The value of a path in a state; None if it is not there."""
    name, *rest = path.split(".")
    if not rest:
        return state[name]
    element = next((each for each in state[name] if each["id"] == rest[0]), None)
    if element is None or len(rest) == 1:
        return element
    return at(element, ".".join(rest[1:]))


def replayed(state: dict, changes: list[dict]) -> dict:
    """A state with one history row's changes done, element by element."""
    for entry in changes:
        state = _put(state, entry["property"].split("."), entry["old"], entry["new"])
    return state


def taken_back(state: dict, changes: list[dict]) -> dict:
    """A state with one history row's changes taken back."""
    for entry in sorted(changes, key=lambda entry: entry.get("place", -1)):
        state = _put(state, entry["property"].split("."), entry["new"], entry["old"], entry.get("place"))
    return state


def _put(state: dict, path: list[str], old, new, place=None) -> dict:
    name, *rest = path
    if not rest:
        assert (state[name] or None) == (old or None), f"{name} is not what the history says it was"
        return {**state, name: new}
    elements, pk, below = list(state[name] or []), rest[0], rest[1:]
    where = next((n for n, element in enumerate(elements) if element["id"] == pk), None)
    if below:
        elements[where] = _put(elements[where], below, old, new, place)
    elif old is None:
        assert where is None, f"{path} is there already"
        elements.insert(len(elements) if place is None else place, new)
    else:
        assert elements[where] == old, f"{path} is not what the history says it was"
        if new is None:
            del elements[where]
    return {**state, name: elements}
