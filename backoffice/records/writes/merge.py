"""The three-way merge of an editor's values with what others changed since the editor's base version."""

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.records.exceptions import PropertyConflict
from backoffice.records.properties.diff import history_value, is_same
from backoffice.records.properties.elements import ElementsProperty

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
    """A merge of three states: the version that the editor saw (`base_state`; None if nothing has changed since), the
    current record, and the submitted values. Without `has_base`, an element that was left out counts as a
    conflict, not as removed."""

    def __init__(
        self,
        record,
        has_base: bool,
        base_state: dict | None,
        choices=None,
        state_at_choice=None,
        restores_elements=False,
    ):
        self.record = record
        self.has_base = has_base
        self.base_state = base_state
        self.message = ""
        self.element_indexes: dict[str, int] = {}
        """The index of each element, by id, in the lists that were sent: the path of its errors."""
        self._conflicts: list[PropertyConflict] = []
        self.restores_elements = restores_elements
        """Whether elements whose ids no longer exist are restored, as in an undo or an import."""
        self._choices: dict[str, str] = choices or {}
        self._state_at_choice: dict = state_at_choice or {}

    def take_conflicts(self) -> list[PropertyConflict]:
        conflicts, self._conflicts = self._conflicts, []
        return conflicts

    def differs_from_base(self, prop, value) -> bool:
        """Return whether a column's value differs from the one that the editor saw."""
        return not prop.many and not is_same(
            history_value(prop, prop.plain(value), self.record), self.base_state[prop.name]
        )

    def merge_property(self, prop, value) -> tuple[bool, object]:
        """Return whether the value is an edit, and the typed value to write."""
        now = prop.read(self.record)
        if value is now or (type(value) in _COMPARABLE_TYPES and type(value) is type(now) and value == now):
            return False, value  # the common case of a document that is sent back
        if isinstance(prop, ElementsProperty):
            base = self.base_state[prop.name] if self.base_state is not None else None
            if not self.restores_elements:
                _check_ids(prop, value, now, base or [])
            merged = self._merge_elements(prop, prop.name, value, now, base)
            return not prop.is_same(now, merged), merged
        mine = history_value(prop, prop.plain(value), self.record)
        theirs = history_value(prop, prop.plain(now), self.record)
        base = self.base_state[prop.name] if self.base_state is not None else theirs
        return self._is_edit(prop.name, base, mine, theirs), value

    def should_write_default(self, prop, changed) -> bool:
        """Return whether to write a value that the edits set by default (the date of an answer). It never
        replaces another person's edit without a conflict; the choices of an editor who resolved a conflict
        apply to it, too."""
        mine, theirs = (
            history_value(prop, prop.plain(prop.read(record)), record) for record in (changed, self.record)
        )
        seen = self._state_at_choice or self.base_state
        if is_same(theirs, seen[prop.name]):
            return self._choices.get(prop.name) != THEIRS
        self._conflicts.append(
            PropertyConflict(prop.name, self.base_state[prop.name], mine, theirs, "", None, "")
        )
        return True

    def merge_new_property(self, prop, value):
        """Return the typed value of a property of a new record."""
        if not isinstance(prop, ElementsProperty):
            return value
        _check_ids(prop, value, new=self.restores_elements)
        return self._merge_elements(prop, prop.name, value, [], None)

    def _is_edit(self, path, base, mine, theirs) -> bool:
        if is_same(mine, base) or is_same(mine, theirs):
            return False
        return is_same(theirs, base) or self._resolve(path, base, mine, theirs) != THEIRS

    def _resolve(self, path, base, mine, theirs) -> str:
        """Return the side that the editor chose with the current value in view; add a conflict if they chose
        none."""
        choice = self._choices.get(path)
        if choice in (MINE, THEIRS) and is_same(_value_at(self._state_at_choice, path), theirs):
            return choice
        self._conflicts.append(PropertyConflict(path, base, mine, theirs, "", None, ""))
        return ""

    def _merge_elements(
        self, rows: ElementsProperty, path: str, sent: list, now: list, base: list | None
    ) -> list:
        """Return the list to write: existing elements in their order, updated as sent, then new ones.

        `base` has the plain values at the editor's version, None if that is the current one. The ids that
        were sent are known to exist in the current list or at the base.
        """
        present = {element["id"]: element for element in now}
        at_base = None if base is None else {element["id"]: element for element in base}
        sent_by_id, new = {}, []
        for index, element in enumerate(sent):
            pk = element.get("id")
            if pk is None or (self.restores_elements and pk not in present and pk not in (at_base or ())):
                new.append(self._new_element(rows, element, index))
            else:
                sent_by_id[pk] = element
                self.element_indexes[pk] = index
        elements = []
        for pk, element in present.items():
            if pk in sent_by_id and len(sent_by_id[pk]) == 1:
                elements.append(element)  # nothing but its id was sent
                continue
            element_path, (plain_now,) = f"{path}.{pk}", rows.plain([element])
            plain_base = plain_now if at_base is None else at_base.get(pk)
            if pk in sent_by_id:
                elements.append(
                    self._merge_element(rows, element_path, sent_by_id[pk], element, plain_now, plain_base)
                )
            elif not self.has_base:
                self.message = _(
                    "An existing element was left out. To remove it, show that you have read it: "
                    "send If-Match or the stamp."
                )
                self._conflicts.append(
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
                elements += self._merge_removed(rows, f"{path}.{pk}", sent_by_id[pk], at_base[pk])
        return elements + new

    def _merge_element(self, rows, path, sent, now, plain_now, plain_base) -> dict:
        """Merge one element property by property. Return the identical element if nothing of it is edited."""
        merged = {}
        columns = rows.columns()
        for name in rows.fields:
            if name in sent:
                mine, theirs = columns[name].plain(sent[name]), plain_now[name]
                if plain_base:
                    edited = self._is_edit(f"{path}.{name}", plain_base[name], mine, theirs)
                else:  # added or restored since: not known to the editor
                    edited = (
                        not is_same(mine, theirs)
                        and self._resolve(f"{path}.{name}", None, mine, theirs) == MINE
                    )
                if edited:
                    merged[name] = sent[name]
        for name, nested in rows.nested.items():
            if name in sent:
                base = plain_base[name] if plain_base else None
                merged_list = self._merge_elements(nested, f"{path}.{name}", sent[name], now[name], base)
                if [id(child) for child in merged_list] != [id(child) for child in now[name]]:
                    merged[name] = merged_list
        return now | merged if merged else now

    def _merge_removed(self, rows, path, sent, plain_base) -> list[dict]:
        """Merge an element that others removed meanwhile: an edit of it, or of a list in it, is a conflict;
        without an edit it stays removed. Kept by choice, it becomes a new element."""
        edited = _as_edited(rows, rows.from_plain([plain_base])[0], sent)
        mine = rows.plain([edited])[0]
        if is_same(mine, plain_base) or self._resolve(path, plain_base, mine, None) != MINE:
            return []
        return [self._new_element(rows, _without_ids(rows, edited), self.element_indexes[sent["id"]])]

    def _new_element(self, rows: ElementsProperty, sent: dict, index: int) -> dict:
        element = rows.blank() | {name: value for name, value in sent.items() if name not in rows.nested}
        self.element_indexes[element["id"]] = index
        for name, nested in rows.nested.items():
            element[name] = [
                self._new_element(nested, child, index) for index, child in enumerate(sent.get(name, []))
            ]
        return element


def _as_edited(rows: ElementsProperty, element: dict, sent: dict) -> dict:
    """Return an element with the values that were sent for it, nested lists included."""
    edited = element | {name: sent[name] for name in rows.fields if name in sent}
    for name, nested in rows.nested.items():
        if name in sent:
            existing = {child["id"]: child for child in element[name]}
            edited[name] = [
                _as_edited(nested, existing.get(child.get("id")) or nested.blank(), child)
                for child in sent[name]
            ]
    return edited


def _without_ids(rows: ElementsProperty, element: dict) -> dict:
    """Return an element as it would be sent for a new one."""
    bare = {name: element[name] for name in rows.fields}
    for name, nested in rows.nested.items():
        bare[name] = [_without_ids(nested, child) for child in element[name]]
    return bare


def _value_at(state: dict, path: str):
    """Return the plain value at a path (`desc`, `comments.<id>`, `comments.<id>.comment`) of a state, None if
    there is none."""
    name, *rest = path.split(".")
    value = state.get(name)
    for step in rest:
        if isinstance(value, list):
            value = next((element for element in value if element["id"] == step), None)
        else:
            value = value.get(step) if value is not None else None
    return value


def _check_ids(rows: ElementsProperty, sent: list, *states: list, new: bool = False) -> None:
    """Refuse ids that are in none of the states of the list, and ids that were sent twice. With `new`, refuse
    ids of elements that exist already, in any record."""
    if errors := _id_errors(rows, sent, states, new):
        raise ValidationError(errors)


def _id_errors(rows: ElementsProperty, sent: list, states, new: bool) -> dict[str, list]:
    taken = set()
    if new and (ids := [element["id"] for element in sent if "id" in element]):
        taken = set(rows.model._base_manager.filter(pk__in=ids).values_list("pk", flat=True))
    elements_by_id = [{element["id"]: element for element in state} for state in states]
    present = set().union(*elements_by_id)
    errors, seen = {}, set()
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
        for name, nested in rows.nested.items():
            if not element.get(name):
                continue
            nested_states = [state[pk][name] for state in elements_by_id if pk in state]
            nested_errors = _id_errors(nested, element[name], nested_states, new)
            errors |= {f"{index}.{name}.{path}": errors_below for path, errors_below in nested_errors.items()}
    return errors
