"""Merging what one person sent with what others changed since that person looked."""

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.records.exceptions import PropertyConflict
from backoffice.records.properties.collections import ElementsProperty
from backoffice.records.properties.diff import displayed_value, is_same

_ALIKE = (str, int, bool, datetime)
"""The types of those values that are the same to JSON if they are the same to Python, of one type each."""
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class ConflictChoices:
    """How an editor who was told of a conflict wants it settled: for each path `mine` or `theirs`, having seen
    what was there at `version`. What changed again after that is a conflict again."""

    version: int
    choices: dict[str, str] = field(default_factory=dict)


class Merge:
    """Three states meet: what the editor saw (`at_base`; None when nothing changed since), what is there now
    (the record), and what was sent. `knows_base` says whether the editor told what they saw: without that,
    nothing in a list of sub-documents can be taken away by leaving it out."""

    def __init__(
        self, record, knows_base: bool, at_base: dict | None, choices=None, at_settling=None, restoring=False
    ):
        self.record = record
        self.knows_base = knows_base
        self.at_base = at_base
        self.message = ""
        self.places: dict[str, int] = {}
        """Where in the lists that were sent each element stood, by its id: where its errors belong."""
        self._clashes: list[PropertyConflict] = []
        self.restoring = restoring
        """Whether elements with ids that are no longer there come back, as they do when a change is undone."""
        self._choices: dict[str, str] = choices or {}
        self._at_settling: dict = at_settling or {}

    def apply_choices(self) -> list[PropertyConflict]:
        found, self._clashes = self._clashes, []
        return found

    def differs_from_base(self, prop, value) -> bool:
        """Return whether a column's value differs from the one that the editor saw."""
        return not prop.many and not is_same(
            displayed_value(prop, prop.plain(value), self.record), self.at_base[prop.name]
        )

    def property(self, prop, value) -> tuple[bool, object]:
        """Whether the value is an edit, and the typed value to write."""
        now = prop.read(self.record)
        if value is now or (type(value) in _ALIKE and type(value) is type(now) and value == now):
            return False, value  # as most are of a document that is sent back
        if isinstance(prop, ElementsProperty):
            base = self.at_base[prop.name] if self.at_base is not None else None
            if not self.restoring:
                _check_ids(prop, value, now, base or [])
            merged = self._elements(prop, prop.name, value, now, base)
            return not prop.is_same(now, merged), merged
        mine = displayed_value(prop, prop.plain(value), self.record)
        theirs = displayed_value(prop, prop.plain(now), self.record)
        base = self.at_base[prop.name] if self.at_base is not None else theirs
        return self._is_edit(prop.name, base, mine, theirs), value

    def default(self, prop, changed) -> bool:
        """Whether a value that follows from the edits by default (the date of an answer) is to be written. It
        replaces nobody's edit without asking; who settled a conflict was shown all there was to ask about."""
        mine, theirs = (
            displayed_value(prop, prop.plain(prop.read(record)), record) for record in (changed, self.record)
        )
        seen = self._at_settling or self.at_base
        if is_same(theirs, seen[prop.name]):
            return self._choices.get(prop.name) != THEIRS
        self._clashes.append(PropertyConflict(prop.name, self.at_base[prop.name], mine, theirs, "", None, ""))
        return True

    def new_property(self, prop, value):
        """The typed value of a property of a new record."""
        if not isinstance(prop, ElementsProperty):
            return value
        _check_ids(prop, value, new=self.restoring)
        return self._elements(prop, prop.name, value, [], None)

    def _is_edit(self, path, base, mine, theirs) -> bool:
        if is_same(mine, base) or is_same(mine, theirs):
            return False
        return is_same(theirs, base) or self._settled(path, base, mine, theirs) != THEIRS

    def _settled(self, path, base, mine, theirs) -> str:
        """Which side the editor chose, knowing what the other is; a clash if they chose none."""
        choice = self._choices.get(path)
        if choice in (MINE, THEIRS) and is_same(_value_at(self._at_settling, path), theirs):
            return choice
        self._clashes.append(PropertyConflict(path, base, mine, theirs, "", None, ""))
        return ""

    def _elements(self, rows: ElementsProperty, path: str, sent: list, now: list, base: list | None) -> list:
        """The list to write: present elements in their order, changed as sent, then the new ones.

        `base` holds plain values as of the editor's version, None if that is the present. The ids that were sent
        are known to be there, now or then."""
        present = {element["id"]: element for element in now}
        at_base = None if base is None else {element["id"]: element for element in base}
        named, new = {}, []
        for place, element in enumerate(sent):
            pk = element.get("id")
            if pk is None or (self.restoring and pk not in present and pk not in (at_base or ())):
                new.append(self._new_element(rows, element, place))
            else:
                named[pk] = element
                self.places[pk] = place
        kept = []
        for pk, element in present.items():
            if pk in named and len(named[pk]) == 1:
                kept.append(element)  # nothing but its id was sent
                continue
            where, (plain_now,) = f"{path}.{pk}", rows.plain([element])
            plain_base = plain_now if at_base is None else at_base.get(pk)
            if pk in named:
                kept.append(self._element(rows, where, named[pk], element, plain_now, plain_base))
            elif not self.knows_base:
                self.message = _(
                    "An element that is there was left out. To remove it, say what you read: send If-Match or the stamp."
                )
                self._clashes.append(PropertyConflict(where, plain_now, None, plain_now, "", None, ""))
            elif plain_base is None:
                kept.append(element)  # added since by somebody else
            elif (
                not is_same(plain_base, plain_now)
                and self._settled(where, plain_base, None, plain_now) == THEIRS
            ):
                kept.append(element)
        for pk in named:
            if pk not in present:
                kept += self._edit_of_removed(rows, f"{path}.{pk}", named[pk], at_base[pk])
        return kept + new

    def _element(self, rows, path, sent, now, plain_now, plain_base) -> dict:
        """One element: each property that was sent, against its base. The very same if nothing of it is edited."""
        merged = {}
        columns = rows.columns()
        for name in rows.fields:
            if name in sent:
                mine, theirs = columns[name].plain(sent[name]), plain_now[name]
                if plain_base:
                    edited = self._is_edit(f"{path}.{name}", plain_base[name], mine, theirs)
                else:  # it has come (back) since, so nobody who saw the base knows what is in it
                    edited = (
                        not is_same(mine, theirs)
                        and self._settled(f"{path}.{name}", None, mine, theirs) == MINE
                    )
                if edited:
                    merged[name] = sent[name]
        for name, nested in rows.nested.items():
            if name in sent:
                base = plain_base[name] if plain_base else None
                below = self._elements(nested, f"{path}.{name}", sent[name], now[name], base)
                if [id(child) for child in below] != [id(child) for child in now[name]]:
                    merged[name] = below
        return now | merged if merged else now

    def _edit_of_removed(self, rows, path, sent, plain_base) -> list[dict]:
        """Somebody removed the element meanwhile: an edit of it, or of what is in it, is a conflict, an untouched
        one stays away. Kept on purpose, it is an element anew."""
        wanted = _as_edited(rows, rows.from_plain([plain_base])[0], sent)
        mine = rows.plain([wanted])[0]
        if is_same(mine, plain_base) or self._settled(path, plain_base, mine, None) != MINE:
            return []
        return [self._new_element(rows, _without_ids(rows, wanted), self.places[sent["id"]])]

    def _new_element(self, rows: ElementsProperty, sent: dict, place: int) -> dict:
        element = rows.blank() | {name: value for name, value in sent.items() if name not in rows.nested}
        self.places[element["id"]] = place
        for name, nested in rows.nested.items():
            element[name] = [
                self._new_element(nested, child, below) for below, child in enumerate(sent.get(name, []))
            ]
        return element


def _as_edited(rows: ElementsProperty, element: dict, sent: dict) -> dict:
    """An element with what was sent of it, the lists within it included."""
    edited = element | {name: sent[name] for name in rows.fields if name in sent}
    for name, nested in rows.nested.items():
        if name in sent:
            known = {child["id"]: child for child in element[name]}
            edited[name] = [
                _as_edited(nested, known.get(child.get("id")) or nested.blank(), child)
                for child in sent[name]
            ]
    return edited


def _without_ids(rows: ElementsProperty, element: dict) -> dict:
    """An element as a new one would be sent."""
    bare = {name: element[name] for name in rows.fields}
    for name, nested in rows.nested.items():
        bare[name] = [_without_ids(nested, child) for child in element[name]]
    return bare


def _value_at(state: dict, path: str):
    """The plain value of a path (`desc`, `comments.<id>`, `comments.<id>.comment`) in a state; None if it is not there."""
    name, *rest = path.split(".")
    value = state.get(name)
    for step in rest:
        if isinstance(value, list):
            value = next((element for element in value if element["id"] == step), None)
        else:
            value = value.get(step) if value is not None else None
    return value


def _check_ids(rows: ElementsProperty, sent: list, *states: list, new: bool = False) -> None:
    """Refuse ids that are in none of the states of the list, and ids that were sent twice. With `new`, ids that
    elements bring along are refused if there are such elements already, in whichever record."""
    if errors := _id_errors(rows, sent, states, new):
        raise ValidationError(errors)


def _id_errors(rows: ElementsProperty, sent: list, states, new: bool) -> dict[str, list]:
    taken = set()
    if new and (ids := [element["id"] for element in sent if "id" in element]):
        taken = set(rows.model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
    known = [{element["id"]: element for element in state} for state in states]
    present = set().union(*known)
    errors, seen = {}, set()
    for place, element in enumerate(sent):
        pk = element.get("id")
        if pk in seen:
            errors[f"{place}.id"] = [ValidationError(_("This id is in the list twice."), code="duplicate")]
        elif pk in taken:
            errors[f"{place}.id"] = [ValidationError(_("This id is taken."), code="unique")]
        elif pk and not new and pk not in present:
            message = _("There is no element with this id here.")
            errors[f"{place}.id"] = [ValidationError(message, code="unknown")]
        if pk is not None:
            seen.add(pk)
        for name, nested in rows.nested.items():
            if not element.get(name):
                continue
            below = [state[pk][name] for state in known if pk in state]
            found = _id_errors(nested, element[name], below, new)
            errors |= {f"{place}.{name}.{path}": offences for path, offences in found.items()}
    return errors
