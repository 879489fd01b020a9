"""Blanking what a record, and its history, say of somebody: beside `change`, the only other way a record is written,
and the only one in which history rows are. See `docs/concepts/forgetting.md`.

The rows stay: who, when, by which door, which property. Values that are blanked say `after_redaction`; the state at an earlier
version has that in their place.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.utils.translation import gettext as _

from backoffice.db.transactions import atomic
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict
from backoffice.records.fields import now
from backoffice.records.history import history_of, resolve
from backoffice.records.models import REDACTED, Entity, History, SecretReading
from backoffice.records.properties import (
    CollectionProperty,
    ColumnProperty,
    ElementsProperty,
    differences,
    displayed_value,
    is_same,
)
from backoffice.records.services import PlannedWrite, require

Leaf = Callable[[str, ColumnProperty, object, dict], object]
"""What to put in the place of one plain value: a function of where it is (`comments.employee_name`), its column, the
value itself, and the values beside it."""


class Redactor:
    """Who says what is blanked. The three of them: `PropertyRedactor` here, `Mentions` and `Words` in `forgetting`."""

    def values(self, record: Entity) -> dict[str, object]:
        """What to put in the place of the record's properties, by name; only those that change."""
        raise NotImplementedError

    def past(self, model: type[Entity], record: Entity | None, rows: list[History]) -> Iterator[list[dict]]:
        """The changes of each history row, the newest first, without what is blanked."""
        raise NotImplementedError

    def before(self, model: type[Entity], entry: dict) -> object:
        """What the row that says so tells of a value before it was blanked."""
        prop, what = resolve(model, entry["property"])
        return mapped(prop, what, entry["old"], entry["property"], blank, {})

    def name(self, old: str, new: str) -> str:
        """What a row calls the record from now on, that called it by its old name."""
        return new

    def without(self, value: object) -> object:
        """What is kept outside records, a text or a list of them, without what is blanked."""
        raise NotImplementedError

    def leaf(self, model: type[Entity]) -> Leaf:
        """What to put in the place of single values that are meant for records of a kind."""
        raise NotImplementedError


@dataclass
class PropertyRedactor(Redactor):
    """Whole properties of the record that somebody is, or that tells of nobody else. `also` are changes that go
    along and tell of nobody."""

    put: dict[str, object]
    also: dict[str, object] = field(default_factory=dict)

    def values(self, record):
        return self.put | self.also

    def before(self, model, entry):
        return entry["old"] if entry["property"] in self.also else super().before(model, entry)

    def past(self, model, record, rows):
        def leaf(where, column, value, beside):
            name = where.split(".")[0]
            tells = name in self.put and value != self.put[name]
            return blank(where, column, value, beside) if tells else value

        for row in rows:
            yield [rewritten(model, entry, leaf, leaf) for entry in row.changes]


def blank(where: str, column: ColumnProperty, value: object, beside: dict) -> object:
    """A plain value as history keeps it once it is blanked: that there was one."""
    if column.guard is not None and column.guard.hashed:
        return REDACTED if value else value
    if column.target or isinstance(column.field, models.DateTimeField):
        return None
    return _blank(value)


def _blank(value):
    if isinstance(value, str):
        return REDACTED if value else value
    if isinstance(value, list):
        return [_blank(entry) for entry in value]
    return {} if isinstance(value, dict) else None


def mapped(
    prop: ColumnProperty | CollectionProperty, what: str, plain, path: str, leaf: Leaf, beside: dict
) -> object:
    """A plain value, with each single value in it as `leaf` has it. `path` and `what` as in `timeline.resolve`."""
    where = ".".join(path.split(".")[::2])  # every other step is the id of an element
    if plain is None:
        return None
    if isinstance(prop, ColumnProperty):
        return leaf(where, prop, plain, beside)
    if what == "element":
        return _mapped_entry(prop, plain, where, leaf)
    found = [_mapped_entry(prop, entry, where, leaf) for entry in plain]
    return found if isinstance(prop, ElementsProperty) else [entry for entry in found if entry is not None]


def _mapped_entry(rows: CollectionProperty, entry, where: str, leaf: Leaf) -> object:
    columns = rows.columns()
    if not isinstance(entry, dict):
        return leaf(where, columns[rows.fields[0]], entry, {})
    found = {
        name: leaf(f"{where}.{name}", columns[name], value, entry) if name in columns else value
        for name, value in entry.items()
    }
    for name, nested in getattr(rows, "nested", {}).items():
        if entry.get(name):
            found[name] = [_mapped_entry(nested, child, f"{where}.{name}", leaf) for child in entry[name]]
    return found


def rewritten(model: type[Entity], entry: dict, old: Leaf, new: Leaf, beside: tuple[dict, dict] = ({}, {})):
    """A history entry with its two values as two functions have them, and a mark if that changed it: what it was
    cannot be taken back to."""
    if entry["property"].split(".")[0] not in model.properties:
        return entry
    prop, what = resolve(model, entry["property"])
    found = entry | {
        "old": mapped(prop, what, entry["old"], entry["property"], old, beside[0]),
        "new": mapped(prop, what, entry["new"], entry["property"], new, beside[1]),
    }
    return entry if found == entry else found | {"redacted": True}


def emptied(record: Entity, name: str) -> object:
    """What is put in the place of any property's value. Raises ValidationError if it cannot do without one."""
    prop = record.properties.get(name)
    if prop is None:
        raise ValidationError(_("There is no such property."))
    if prop.derived or name in ("number", "status"):
        raise ValidationError(_("This tells of nobody, and is not redacted."))
    if prop.many:
        return []
    column = prop.field
    if column.null:
        return None
    if column.is_relation:
        raise ValidationError(_("A record of this kind is nothing without it. Redact what it points at."))
    if isinstance(column, (models.CharField, models.TextField)) and not column.choices:
        empty = column.get_default()
        if isinstance(empty, str) and not column.blank:
            return f"{REDACTED}-{record.pk}" if column.unique else REDACTED
        return empty
    return column.get_default()


def redact(record: Entity, judge: Redactor, *, actor: Actor, via: ChangeContext) -> PlannedWrite | None:
    """Blank what a judge says in a record and in its history, and append a history row that says so, without the
    values. Nothing is validated: what is left need not be a record that somebody could have made. None if there was
    nothing to blank. Raises Forbidden, Gone and Conflict."""
    require(actor, "redact", record)
    for _attempt in range(services.ATTEMPTS):
        draft, rows = _drafted(record, judge, actor)
        if not draft.changes and not rows:
            return None
        texts = set(_texts(record, draft, rows))
        try:
            with atomic():
                if services.write(draft, via):
                    _rewrite(type(record), record.pk, str(draft.record), judge, rows)
                    draft.record.after_redaction(texts)
                    return draft
        except IntegrityError as error:
            raise ValidationError(_("Another record has this already.")) from error
        record = services.reload(record)
    raise Conflict([], "")


def redact_removed(model: type[Entity], pk: str, judge: Redactor, *, actor: Actor, via: ChangeContext) -> int:
    """The same for a record that was removed, of which there is only the history: how many rows were blanked."""
    rows = list(
        History.objects.filter(record_type=model._meta.label_lower, record_id=pk).order_by("-version")
    )
    changed = _changed(judge.past(model, None, rows), rows)
    if changed:
        last = rows[0]
        with atomic():
            _rewrite(model, pk, f"{REDACTED}-{pk}", judge, changed)
            row = History(
                record_type=last.record_type,
                record_id=pk,
                record_name=f"{REDACTED}-{pk}",
                company_id=last.company_id,
                version=last.version + 1,
                action=History.Action.REDACT,
                at=max(now(), last.at),
                user_id=actor.user_id,
                who=actor.history_name,
                via=via.channel,
                request_id=via.request_id[:64],
            )
            History.objects.bulk_create([row])
    return len(changed)


def _drafted(
    record: Entity, judge: Redactor, actor: Actor
) -> tuple[PlannedWrite, list[tuple[History, list[dict]]]]:
    after = record.copy()
    for name, value in judge.values(record).items():
        record.properties[name].write(after, value)
    rows = list(history_of(record))
    changed = _changed(judge.past(type(record), record, rows), rows)
    draft = PlannedWrite(after, record, actor, max(now(), record.last_modified_at), History.Action.REDACT)
    names = {
        entry["property"].split(".")[0]
        for _row, changes in changed
        for entry in changes
        if "redacted" in entry
    }
    for name, prop in record.properties.items():
        old, new = (prop.plain(prop.read(each)) for each in (record, after))
        entries = differences(prop, old, new, record)
        if entries:
            draft.edited.add(name)
        elif name in names and not isinstance(prop, ElementsProperty):  # it was blanked in the past alone
            entries = [
                {
                    "property": name,
                    "old": displayed_value(prop, new, record),
                    "new": displayed_value(prop, new, record),
                }
            ]
        for entry in entries:
            told = entry["old"] if is_same(entry["old"], entry["new"]) else judge.before(type(record), entry)
            draft.changes.append(entry | {"old": told, "redacted": True})
    return draft, changed


def _changed(past: Iterable[list[dict]], rows: list[History]) -> list[tuple[History, list[dict]]]:
    return [(row, changes) for row, changes in zip(rows, past, strict=True) if changes != row.changes]


def _rewrite(model: type[Entity], pk: str, name: str, judge: Redactor, rows: list) -> None:
    """Write the history rows anew, and what rows of the history and of the access log call the record."""
    for row, changes in rows:
        History.objects.filter(pk=row.pk).update(changes=changes)
    for log in (History, SecretReading):
        about = log.objects.filter(record_type=model._meta.label_lower, record_id=pk)
        for old in set(about.values_list("record_name", flat=True)):
            new = judge.name(old, name)
            if new != old:
                about.filter(record_name=old).update(record_name=new)


def _texts(record: Entity, draft: PlannedWrite, rows: list) -> Iterator[str]:
    """Every text that the blanking takes away."""
    for name in draft.edited:
        yield from texts_in(record.properties[name].plain(record.properties[name].read(record)))
    for row, changes in rows:
        for was, entry in zip(row.changes, changes, strict=True):
            if was != entry:
                yield from texts_in([was["old"], was["new"]])


def texts_in(plain: object) -> Iterator[str]:
    """Every text in a plain value."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list):
        for entry in plain:
            yield from texts_in(entry)
    elif isinstance(plain, dict):
        for name, entry in plain.items():
            yield name
            yield from texts_in(entry)
