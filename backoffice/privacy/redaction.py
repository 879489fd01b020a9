"""Redaction of what a record and its history say about a person. See `docs/admin/redaction.md`.

Besides the write service, this is the only way in which a record is written, and the only one in which
history rows are changed. The rows stay: who, when, by which channel, which property. Redacted values are
replaced by REDACTED, also in the state at an earlier version.
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
from backoffice.records.history import history_of, resolve_path
from backoffice.records.models import REDACTED, Entity, History, SecretReading
from backoffice.records.properties import (
    CollectionProperty,
    ColumnProperty,
    ElementsProperty,
    RecordProperty,
    is_same,
)
from backoffice.records.services import PlannedWrite, require_permission

ValueRedactor = Callable[[str, ColumnProperty, object, dict], object]
"""Returns the replacement of one plain value: a function of its path without ids (`comments.employee_name`),
its column, the value, and its sibling values."""


class Redactor:
    """Decides what is redacted: `PropertyRedactor` here, `MentionRedactor` and `TextRedactor` in
    `mentions`."""

    def values(self, record: Entity) -> dict[str, object]:
        """Return the new values of the record's properties, by name; only those that change."""
        raise NotImplementedError

    def make_value_redactor(self, model: type[Entity]) -> ValueRedactor:
        """Return the function that redacts single values of a model's properties. `bulk.privacy` uses it for the
        values of bulk edits, too."""
        raise NotImplementedError

    def redact_text(self, value: object) -> object:
        """Return a redacted text, or list of texts, that is stored outside records."""
        raise NotImplementedError

    def redact_history(
        self, model: type[Entity], record: Entity | None, rows: list[History]
    ) -> Iterator[list[dict]]:
        """Yield the redacted changes of each history row, newest first."""
        redact_one = self.make_value_redactor(model)
        for row in rows:
            yield [redact_entry(model, entry, redact_one, redact_one) for entry in row.changes]

    def old_value(self, model: type[Entity], entry: dict) -> object:
        """Return the old value to record in the history row of the redaction."""
        prop, scope = resolve_path(model, entry["property"])
        return map_values(prop, scope, entry["old"], entry["property"], redact_value, {})

    def rename(self, old: str, new: str) -> str:
        """Return the new name of the record in a history row with its old name."""
        return new


@dataclass
class PropertyRedactor(Redactor):
    """Redacts whole properties of the record about the person. `other_changes` are those that are made at the
    same time and are not personal."""

    replacements: dict[str, object]
    other_changes: dict[str, object] = field(default_factory=dict)

    def values(self, record):
        return self.replacements | self.other_changes

    def old_value(self, model, entry):
        return entry["old"] if entry["property"] in self.other_changes else super().old_value(model, entry)

    def make_value_redactor(self, model):
        def redact_one(path, column, value, siblings):
            name = path.split(".")[0]
            is_personal = name in self.replacements and value != self.replacements[name]
            return redact_value(path, column, value, siblings) if is_personal else value

        return redact_one


def redact_value(path: str, column: ColumnProperty, value: object, siblings: dict) -> object:
    """Return a redacted plain value for the history: it shows only that there was a value."""
    if column.guard is not None and column.guard.hashed:
        return REDACTED if value else value
    if column.target or isinstance(column.field, models.DateTimeField):
        return None
    return _blank_json(value)


def _blank_json(value):
    if isinstance(value, str):
        return REDACTED if value else value
    if isinstance(value, list):
        return [_blank_json(entry) for entry in value]
    return {} if isinstance(value, dict) else None


def map_values(
    prop: RecordProperty,
    scope: str,
    plain,
    path: str,
    redact_one: ValueRedactor,
    siblings: dict,
) -> object:
    """Return a plain value with `redact_one` applied to each single value in it. `path` and `scope` are as in
    `history.resolve_path`."""
    path_without_ids = ".".join(path.split(".")[::2])  # every other step is the id of an element
    if plain is None:
        return None
    if isinstance(prop, ColumnProperty):
        return redact_one(path_without_ids, prop, plain, siblings)
    if scope == "element":
        return _map_entry(prop, plain, path_without_ids, redact_one)
    entries = [_map_entry(prop, entry, path_without_ids, redact_one) for entry in plain]
    return (
        entries if isinstance(prop, ElementsProperty) else [entry for entry in entries if entry is not None]
    )


def _map_entry(prop: CollectionProperty, entry, path: str, redact_one: ValueRedactor) -> object:
    columns = prop.columns()
    if not isinstance(entry, dict):
        return redact_one(path, columns[prop.fields[0]], entry, {})
    values = {
        name: redact_one(f"{path}.{name}", columns[name], value, entry) if name in columns else value
        for name, value in entry.items()
    }
    for name, nested in getattr(prop, "nested", {}).items():
        if entry.get(name):
            values[name] = [_map_entry(nested, child, f"{path}.{name}", redact_one) for child in entry[name]]
    return values


def redact_entry(
    model: type[Entity],
    entry: dict,
    old: ValueRedactor,
    new: ValueRedactor,
    siblings: tuple[dict, dict] = ({}, {}),
):
    """Return a history entry with its two values mapped by two functions. If that changes it, it is marked as
    redacted, so that it cannot be undone."""
    if entry["property"].split(".")[0] not in model.properties:
        return entry
    prop, scope = resolve_path(model, entry["property"])
    new_entry = entry | {
        "old": map_values(prop, scope, entry["old"], entry["property"], old, siblings[0]),
        "new": map_values(prop, scope, entry["new"], entry["property"], new, siblings[1]),
    }
    return entry if new_entry == entry else new_entry | {"redacted": True}


def empty_value(record: Entity, name: str) -> object:
    """Return the replacement of a property's value. Raises ValidationError if the property cannot be
    redacted."""
    prop = record.properties.get(name)
    if prop is None:
        raise ValidationError(_("This property does not exist."))
    if prop.derived or name in ("number", "status"):
        raise ValidationError(_("This contains no personal data, so it cannot be redacted."))
    if prop.many:
        return []
    column = prop.field
    if column.null:
        return None
    if column.is_relation:
        raise ValidationError(_("This is required, so it cannot be redacted. Redact what it refers to."))
    if isinstance(column, (models.CharField, models.TextField)) and not column.choices:
        empty = column.get_default()
        if isinstance(empty, str) and not column.blank:
            return f"{REDACTED}-{record.pk}" if column.unique else REDACTED
        return empty
    return column.get_default()


def redact(
    record: Entity, redactor: Redactor, *, actor: Actor, context: ChangeContext
) -> PlannedWrite | None:
    """Redact a record and its history, and append a history row without the values. Nothing is validated: the
    rest need not be a valid record. Return None if there was nothing to redact. Raises Forbidden,
    RecordDeleted and Conflict."""
    require_permission(actor, "redact", record)
    for _attempt in range(services.ATTEMPTS):
        planned, rows = _plan_redaction(record, redactor, actor)
        if not planned.changes and not rows:
            return None
        texts = set(_removed_texts(record, planned, rows))
        try:
            with atomic():
                if services.write(planned, context):
                    _rewrite_history(type(record), record.pk, str(planned.record), redactor, rows)
                    planned.record.after_redaction(texts)
                    return planned
        except IntegrityError as error:
            raise ValidationError(_("Another record already has this value.")) from error
        record = services.reload(record)
    raise Conflict([], "")


def redact_deleted(
    model: type[Entity], pk: str, redactor: Redactor, *, actor: Actor, context: ChangeContext
) -> int:
    """Redact the history of a deleted record. Return the number of redacted rows."""
    rows = list(
        History.objects.filter(record_type=model._meta.label_lower, record_id=pk).order_by("-version")
    )
    changed = _changed_rows(redactor.redact_history(model, None, rows), rows)
    if changed:
        last_row = rows[0]
        with atomic():
            _rewrite_history(model, pk, f"{REDACTED}-{pk}", redactor, changed)
            row = History(
                record_type=last_row.record_type,
                record_id=pk,
                record_name=f"{REDACTED}-{pk}",
                company_id=last_row.company_id,
                version=last_row.version + 1,
                action=History.Action.REDACT,
                at=max(now(), last_row.at),
                user_id=actor.user_id,
                who=actor.history_name,
                via=context.channel,
                request_id=context.request_id[:64],
            )
            History.objects.bulk_create([row])
    return len(changed)


def _plan_redaction(
    record: Entity, redactor: Redactor, actor: Actor
) -> tuple[PlannedWrite, list[tuple[History, list[dict]]]]:
    after = record.copy()
    for name, value in redactor.values(record).items():
        record.properties[name].write(after, value)
    rows = list(history_of(record))
    changed = _changed_rows(redactor.redact_history(type(record), record, rows), rows)
    planned = PlannedWrite(after, record, actor, max(now(), record.last_modified_at), History.Action.REDACT)
    redacted_names = {
        entry["property"].split(".")[0]
        for _row, changes in changed
        for entry in changes
        if "redacted" in entry
    }
    for name, prop in record.properties.items():
        old, new = (prop.plain(prop.read(state)) for state in (record, after))
        entries = prop.differences(old, new, record)
        if entries:
            planned.edited_properties.add(name)
        elif name in redacted_names and not isinstance(prop, ElementsProperty):
            # Only its history is redacted.
            entries = [
                {
                    "property": name,
                    "old": prop.history_value(new, record),
                    "new": prop.history_value(new, record),
                }
            ]
        for entry in entries:
            old_value = (
                entry["old"]
                if is_same(entry["old"], entry["new"])
                else redactor.old_value(type(record), entry)
            )
            planned.changes.append(entry | {"old": old_value, "redacted": True})
    return planned, changed


def _changed_rows(redacted: Iterable[list[dict]], rows: list[History]) -> list[tuple[History, list[dict]]]:
    return [(row, changes) for row, changes in zip(rows, redacted, strict=True) if changes != row.changes]


def _rewrite_history(model: type[Entity], pk: str, name: str, redactor: Redactor, rows: list) -> None:
    """Update the history rows, and the name of the record in the history and the access log."""
    for row, changes in rows:
        History.objects.filter(pk=row.pk).update(changes=changes)
    for log in (History, SecretReading):
        about = log.objects.filter(record_type=model._meta.label_lower, record_id=pk)
        for old in set(about.values_list("record_name", flat=True)):
            new = redactor.rename(old, name)
            if new != old:
                about.filter(record_name=old).update(record_name=new)


def _removed_texts(record: Entity, planned: PlannedWrite, rows: list) -> Iterator[str]:
    """Yield every text that the redaction removes."""
    for name in planned.edited_properties:
        yield from texts_in(record.properties[name].plain(record.properties[name].read(record)))
    for row, changes in rows:
        for old_entry, entry in zip(row.changes, changes, strict=True):
            if old_entry != entry:
                yield from texts_in([old_entry["old"], old_entry["new"]])


def texts_in(plain: object) -> Iterator[str]:
    """Yield every text in a plain value."""
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list):
        for entry in plain:
            yield from texts_in(entry)
    elif isinstance(plain, dict):
        for name, entry in plain.items():
            yield name
            yield from texts_in(entry)
