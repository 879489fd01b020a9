"""The three-way merge of an editor's values with what others changed since the editor's base version."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import is_
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.db.annotations import Element, Errors, PlainValue, Values
from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, PropertyConflict
from backoffice.records.history.versions import changes_since, state_at, value_at
from backoffice.records.models import Entity, History
from backoffice.records.properties.base import is_same, nested_errors
from backoffice.records.properties.collections import RecordProperty
from backoffice.records.properties.elements import ElementsProperty
from backoffice.records.writes.conflicts import add_author

_COMPARABLE_TYPES = (str, int, bool, datetime)
"""Types of which two values of the same type are equal in JSON if they are equal in Python."""
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class ConflictChoices:
    """How an editor who was shown a conflict wants it resolved: for each path `mine` or `theirs`, with the
    values of `version` in view. A property that changed again after that version is in conflict again."""

    version: int
    choices: dict[str, str] = field(default_factory=dict)


class Merge:
    """A merge of three states: the version that the editor saw (`base`), the current record, and the submitted
    values. Without a base, every value counts as an edit of the current version, and an element that was left
    out as a conflict, not as removed."""

    def __init__(self, record: Entity, base: int | None = None, *, restores_elements: bool = False) -> None:
        self.record = record
        self.has_base = base is not None
        self.restores_elements = restores_elements
        """Whether elements whose ids no longer exist are restored, as in an undo or an import."""
        self.since: list[History] = []
        """The changes since the base, with their authors as the editor may know them."""
        self.base_state: Values | None = None
        """The plain values at the base; None if nothing has changed since."""
        self.sent_properties: set[str] = set()
        """The properties besides the edits that the editor sent a value of their own for. Without a base those are
        all that were sent, changed or not; a value equal to the one at the base was only sent back."""
        self.element_indexes: dict[str, int] = {}
        """The index of each element, by id, in the lists that were sent: the path of its errors."""
        self._message = ""
        self.conflicts: list[PropertyConflict] = []
        self.resolved: list[PropertyConflict] = []
        """The conflicts that the editor's choices resolve."""
        self._choices: dict[str, str] = {}
        self._state_at_choice: Values = {}

    @classmethod
    def onto(
        cls,
        record: Entity,
        base: int | None,
        names: Collection[str],
        *,
        actor: Actor,
        conflict_choices: ConflictChoices | None = None,
        restores_elements: bool = False,
    ) -> "Merge":
        """Return a merge of edits of the named properties that were made at version `base`. Makes one query if the
        record has changed since."""
        merge = cls(record, base, restores_elements=restores_elements)
        if base is None or base >= record.version:
            return merge
        merge.since = changes_since(record, base, actor)
        if merge.since:
            compared = {*names, *(name for name, prop in record.properties.items() if not prop.many)}
            merge.base_state = state_at(record, base, names=compared, since=merge.since)
            if conflict_choices:
                merge._choices = conflict_choices.choices
                merge._state_at_choice = state_at(record, conflict_choices.version, names=compared)
        return merge

    def find_edits(self, values: Values) -> tuple[Values, Errors]:
        """Return those of the typed values that are edits, and the errors by path."""
        edits: Values = {}
        errors: Errors = {}
        self.sent_properties = set() if self.has_base else set(values)
        for name, value in values.items():
            prop = self.record.properties[name]
            try:
                is_edited, value = self._merge_property(prop, value)
            except ValidationError as error:
                errors |= nested_errors(name, error)
                continue
            if is_edited:
                edits[name] = value
            elif self._differs_from_base(prop, value):
                self.sent_properties.add(name)
        return edits, errors

    def raise_conflicts(self) -> NoReturn:
        """Raise a conflict with all conflicts: a page that asks for the missing choices keeps the others."""
        conflicts = [add_author(conflict, self.since) for conflict in (*self.conflicts, *self.resolved)]
        raise Conflict(conflicts, self._message)

    def _differs_from_base(self, prop: RecordProperty, value: Any) -> bool:
        """Return whether a column's value differs from the one that the editor saw, if anything has changed since."""
        if self.base_state is None or prop.many:
            return False
        return not is_same(prop.history_value(prop.plain(value), self.record), self.base_state[prop.name])

    def _merge_property(self, prop: RecordProperty, value: Any) -> tuple[bool, Any]:
        """Return whether the value is an edit, and the typed value to write."""
        now = prop.read(self.record)
        if value is now or (type(value) in _COMPARABLE_TYPES and type(value) is type(now) and value == now):
            return False, value  # the common case of a document that is sent back
        base_value = None if self.base_state is None else self.base_state[prop.name]
        if isinstance(prop, ElementsProperty):
            if not self.restores_elements:
                _check_ids(prop, value, now, base_value or [])
            merged = self._merge_elements(prop, prop.name, value, now, base_value)
            return not _are_identical(now, merged), merged
        mine = prop.history_value(prop.plain(value), self.record)
        theirs = prop.history_value(prop.plain(now), self.record)
        if prop.derived:  # never in conflict: it cannot be set
            return not is_same(mine, theirs) and (
                self.base_state is None or not is_same(mine, base_value)
            ), value
        return self._is_edit(
            prop.name, theirs if self.base_state is None else base_value, mine, theirs
        ), value

    def should_write_default(self, prop: RecordProperty, changed: Entity) -> bool:
        """Return whether to write a value that the edits set by default (the date of an answer). It never
        replaces another person's edit without a conflict; the choices of an editor who resolved a conflict
        apply to it, too."""
        mine, theirs = (
            prop.history_value(prop.plain(prop.read(record)), record) for record in (changed, self.record)
        )
        base_state = self.base_state or {}
        seen = self._state_at_choice or base_state
        if is_same(theirs, seen[prop.name]):
            return self._choices.get(prop.name) != THEIRS
        self.conflicts.append(PropertyConflict(prop.name, base_state[prop.name], mine, theirs, "", None, ""))
        return True

    def merge_new_property(self, prop: RecordProperty, value: Any) -> Any:
        """Return the typed value of a property of a new record."""
        if not isinstance(prop, ElementsProperty):
            return value
        _check_ids(prop, value, new=self.restores_elements)
        return self._merge_elements(prop, prop.name, value, [], None)

    def _is_edit(self, path: str, base_value: PlainValue, mine: PlainValue, theirs: PlainValue) -> bool:
        if is_same(mine, base_value) or is_same(mine, theirs):
            return False
        return is_same(theirs, base_value) or self._resolve(path, base_value, mine, theirs) != THEIRS

    def _resolve(self, path: str, base_value: PlainValue, mine: PlainValue, theirs: PlainValue) -> str:
        """Return the side that the editor chose with the current value in view; add a conflict if they chose
        none."""
        choice = self._choices.get(path)
        if choice in (MINE, THEIRS) and is_same(value_at(self._state_at_choice, path), theirs):
            self.resolved.append(PropertyConflict(path, base_value, mine, theirs, "", None, "", choice))
            return choice
        self.conflicts.append(PropertyConflict(path, base_value, mine, theirs, "", None, ""))
        return ""

    def _merge_elements(
        self,
        prop: ElementsProperty,
        path: str,
        sent: list[Element],
        now: list[Element],
        base_value: list[Element] | None,
    ) -> list[Element]:
        """Return the list to write: existing elements in their order, updated as sent, then new ones.

        `base_value` has the plain values at the editor's version, None if that is the current one. The ids that
        were sent are known to exist in the current list or at the base.
        """
        present = {element["id"]: element for element in now}
        at_base = None if base_value is None else {element["id"]: element for element in base_value}
        sent_by_id, new = {}, []
        for index, element in enumerate(sent):
            pk = element.get("id")
            if pk is None or (self.restores_elements and pk not in present and pk not in (at_base or ())):
                new.append(self._new_element(prop, element, index))
            else:
                sent_by_id[pk] = element
                self.element_indexes[pk] = index
        elements = []
        for pk, element in present.items():
            if pk in sent_by_id and len(sent_by_id[pk]) == 1:
                elements.append(element)  # nothing but its id was sent
                continue
            element_path, (plain_now,) = f"{path}.{pk}", prop.plain([element])
            plain_base = plain_now if at_base is None else at_base.get(pk)
            if pk in sent_by_id:
                elements.append(
                    self._merge_element(prop, element_path, sent_by_id[pk], element, plain_now, plain_base)
                )
            elif not self.has_base:
                self._message = _(
                    "An existing element was left out. To remove it, show that you have read it: "
                    "send If-Match or the stamp."
                )
                self.conflicts.append(
                    PropertyConflict(element_path, plain_now, None, plain_now, "", None, "")
                )
            elif plain_base is None:
                elements.append(element)  # added by others since
            elif (
                not is_same(plain_base, plain_now)
                and self._resolve(element_path, plain_base, None, plain_now) == THEIRS
            ):
                elements.append(element)
        for pk in sent_by_id:
            if pk not in present:
                elements += self._merge_removed(prop, f"{path}.{pk}", sent_by_id[pk], (at_base or {})[pk])
        return elements + new

    def _merge_element(
        self,
        prop: ElementsProperty,
        path: str,
        sent: Element,
        now: Element,
        plain_now: Element,
        plain_base: Element | None,
    ) -> Element:
        """Merge one element property by property. Return the identical element if nothing of it is edited."""
        merged = {}
        columns = prop.columns()
        for name in prop.fields:
            if name in sent:
                mine, theirs = columns[name].plain(sent[name]), plain_now[name]
                if not columns[name].field.editable:  # it follows from the others, so it is never in conflict
                    edited = (
                        plain_base is not None
                        and is_same(theirs, plain_base[name])
                        and not is_same(mine, theirs)
                    )
                elif plain_base:
                    edited = self._is_edit(f"{path}.{name}", plain_base[name], mine, theirs)
                else:  # added or restored since: not known to the editor
                    edited = (
                        not is_same(mine, theirs)
                        and self._resolve(f"{path}.{name}", None, mine, theirs) == MINE
                    )
                if edited:
                    merged[name] = sent[name]
        for name, nested in prop.nested.items():
            if name in sent:
                base_value = plain_base[name] if plain_base else None
                merged_list = self._merge_elements(
                    nested, f"{path}.{name}", sent[name], now[name], base_value
                )
                if not _are_identical(now[name], merged_list):
                    merged[name] = merged_list
        return now | merged if merged else now

    def _merge_removed(
        self, prop: ElementsProperty, path: str, sent: Element, plain_base: Element
    ) -> list[Element]:
        """Merge an element that others removed meanwhile: an edit of it, or of a list in it, is a conflict;
        without an edit it stays removed. Kept by choice, it becomes a new element."""
        edited = _as_edited(prop, prop.from_plain([plain_base])[0], sent)
        mine = prop.plain([edited])[0]
        if is_same(mine, plain_base) or self._resolve(path, plain_base, mine, None) != MINE:
            return []
        return [self._new_element(prop, _without_ids(prop, edited), self.element_indexes[sent["id"]])]

    def _new_element(self, prop: ElementsProperty, sent: Element, index: int) -> Element:
        element = prop.blank() | {name: value for name, value in sent.items() if name not in prop.nested}
        self.element_indexes[element["id"]] = index
        for name, nested in prop.nested.items():
            element[name] = [
                self._new_element(nested, child, index) for index, child in enumerate(sent.get(name, []))
            ]
        return element


def _are_identical(old: list[Element], new: list[Element]) -> bool:
    """Return whether two lists have the identical elements: the merge returns a new one only if it differs."""
    return len(old) == len(new) and all(map(is_, old, new))


def _as_edited(prop: ElementsProperty, element: Element, sent: Element) -> Element:
    """Return an element with the values that were sent for it, nested lists included."""
    edited = element | {name: sent[name] for name in prop.fields if name in sent}
    for name, nested in prop.nested.items():
        if name in sent:
            existing = {child["id"]: child for child in element[name]}
            edited[name] = [
                _as_edited(nested, existing.get(child.get("id")) or nested.blank(), child)
                for child in sent[name]
            ]
    return edited


def _without_ids(prop: ElementsProperty, element: Element) -> Element:
    """Return an element as it would be sent for a new one."""
    bare = {name: element[name] for name in prop.fields}
    for name, nested in prop.nested.items():
        bare[name] = [_without_ids(nested, child) for child in element[name]]
    return bare


def _check_ids(
    prop: ElementsProperty, sent: list[Element], *states: list[Element], new: bool = False
) -> None:
    """Refuse ids that are in none of the states of the list, and ids that were sent twice. With `new`, refuse
    ids of elements that exist already, in any record."""
    if errors := _id_errors(prop, sent, states, new):
        raise ValidationError(errors)


def _id_errors(
    prop: ElementsProperty, sent: list[Element], states: Sequence[list[Element]], new: bool
) -> Errors:
    taken: set[str] = set()
    if new and (ids := [element["id"] for element in sent if "id" in element]):
        taken = set(prop.model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
    elements_by_id = [{element["id"]: element for element in state} for state in states]
    present = set().union(*elements_by_id)
    errors: Errors = {}
    seen: set[str] = set()
    for index, element in enumerate(sent):
        pk = element.get("id")
        if pk in seen:
            errors[f"{index}.id"] = [
                ValidationError(_("This id occurs twice in the list."), code="duplicate")
            ]
        elif pk in taken:
            errors[f"{index}.id"] = [ValidationError(_("This id is already in use."), code="unique")]
        elif pk and not new and pk not in present:
            message = _("There is no element with this id here.")
            errors[f"{index}.id"] = [ValidationError(message, code="unknown")]
        if pk is not None:
            seen.add(pk)
        for name, nested in prop.nested.items():
            if not element.get(name):
                continue
            nested_states = [state[pk][name] for state in elements_by_id if pk in state]
            nested_errors = _id_errors(nested, element[name], nested_states, new)
            errors |= {f"{index}.{name}.{path}": errors_below for path, errors_below in nested_errors.items()}
    return errors
