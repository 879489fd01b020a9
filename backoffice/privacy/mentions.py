"""Mentions of a person, and occurrences of a text, in records and history rows.

`redaction.redact` redacts them, record by record. For what is stored about a person outside records see
`erasers`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from django.apps import apps
from django.db import models

from backoffice.privacy.redaction import (
    PropertyRedactor,
    Redactor,
    ValueRedactor,
    empty_value,
    map_values,
    redact,
    redact_deleted,
    redact_entry,
    redact_value,
    texts_in,
)
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import RecordDeleted
from backoffice.records.fields import is_unreadable
from backoffice.records.models import REDACTED, Entity, History, Mention
from backoffice.records.properties import ColumnProperty, load_collections

BATCH = 500
Progress = Callable[..., AbstractContextManager]
"""`progress(label, total, unit)`: see `backoffice.records.management.progress`."""


@dataclass
class RedactedPerson:
    """A person to erase: the record that is or was about them, and their names."""

    model: type[Entity]
    pk: str
    company_id: str | None
    names: set[str] = field(default_factory=set)
    """Names and addresses of the person, casefolded."""
    replacement: str = ""
    """The replacement of the names."""

    @classmethod
    def find(cls, model: type[Entity], pk: str, record: Entity | None) -> "RedactedPerson":
        """Collect the names of the person from the record and its history."""
        rows = list(History.objects.filter(record_type=model._meta.label_lower, record_id=pk).order_by("pk"))
        texts_found = [row.record_name for row in rows] + ([str(record)] if record else [])
        for name in model.identifying_properties:
            texts_found += [record.properties[name].read(record)] if record else []
            texts_found += [
                text
                for row in rows
                for entry in row.changes
                if entry["property"] == name
                for text in texts_in([entry["old"], entry["new"]])
            ]
        names = {text.strip().casefold() for text in texts_found if text}
        names -= {name for name in names if name.startswith(("#", REDACTED)) or name == pk}
        company = record.mention_scope() if record else rows[-1].company_id if rows else None
        return cls(model, pk, company, names, f"{REDACTED}-{pk}")

    def has_name(self, text: object) -> bool:
        return isinstance(text, str) and text.strip().casefold() in self.names

    def occurs_in(self, model: type[Entity], plain: object) -> bool:
        """Return whether a plain value of such a record names the person, or refers to them by a link of
        `Entity.mentions`."""
        has_links = any(mention.link for mention in model.mentions)
        return any((has_links and text == self.pk) or self.has_name(text) for text in texts_in(plain))


def _replace_values(record: Entity, names: Iterable[str], redact_one: ValueRedactor) -> dict[str, object]:
    """Return the new values of those of a record's properties that change."""
    plain = {
        name: prop.plain(prop.read(record))
        for name, prop in record.properties.items()
        if not prop.many or name in names
    }
    new = {
        name: map_values(record.properties[name], "whole", plain[name], name, redact_one, plain)
        for name in names
    }
    return {name: record.properties[name].from_plain(new[name]) for name in names if new[name] != plain[name]}


class MentionRedactor(Redactor):
    """Redacts mentions of a person in other records (`Entity.mentions`): by a link to the person, or by a
    name. Without a link, the other values of the same mention are of the same person, and are redacted
    together."""

    def __init__(self, person: RedactedPerson):
        self.person = person

    def values(self, record):
        names = dict.fromkeys(name.split(".")[0] for mention in record.mentions for name in mention.names)
        return _replace_values(record, names, self.make_value_redactor(type(record)))

    def redact_history(self, model, record, rows):
        links = {mention.link for mention in model.mentions if mention.link and "." not in mention.link}
        links_after = {link: record.properties[link].read(record) if record else None for link in links}
        element_links = self._links_of_elements(model, record, rows)
        leaf = self._make_mention_leaf(model, redact_value)
        for row in rows:
            links_before = links_after | {
                entry["property"]: entry["old"] for entry in row.changes if entry["property"] in links_after
            }
            old, new = ({entry["property"]: entry[side] for entry in row.changes} for side in ("old", "new"))
            changes = []
            for entry in row.changes:
                sibling_links = element_links.get(entry["property"].rpartition(".")[0], {})
                sides = (old | links_before | sibling_links, new | links_after | sibling_links)
                changes.append(redact_entry(model, entry, leaf, leaf, sides))
            yield changes
            links_after = links_before

    def _links_of_elements(self, model, record, rows) -> dict[str, dict]:
        """Return the links of each element of the record's lists, current or former, by its path:
        `comments.<id>`."""
        links_by_path: dict[str, dict] = {}
        for mention in model.mentions:
            name, dot, link = mention.link.partition(".")
            if not dot:
                continue
            elements = list(getattr(record, name)) if record else []
            elements += [element for row in rows for entry in row.changes for element in (entry["old"], entry["new"])
                         if entry["property"].startswith(f"{name}.") and isinstance(element, dict)]  # fmt: skip
            for element in elements:
                if element.get(link) == self.person.pk:
                    links_by_path.setdefault(f"{name}.{element['id']}", {})[link] = self.person.pk
        return links_by_path

    def make_value_redactor(self, model):
        return self._make_mention_leaf(model, self._replace)

    def redact_text(self, value):
        """Redact whole texts only: `TextRedactor` finds a name within a longer text."""
        if isinstance(value, list):
            return [self.redact_text(entry) for entry in value]
        return self.person.replacement if self.person.has_name(value) else value

    def _make_mention_leaf(self, model: type[Entity], replace: Callable):
        mentions = {name: mention for mention in model.mentions for name in mention.names}

        def leaf(path: str, column: ColumnProperty, value: object, siblings: dict):
            mention = mentions.get(path)
            if not value or mention is None or value in (REDACTED, self.person.replacement):
                return value
            if self._is_about_person(model, mention, siblings) or self.person.has_name(value):
                return replace(path, column, value, siblings)
            return value

        return leaf

    def _is_about_person(self, model: type[Entity], mention: Mention, siblings: dict) -> bool:
        if mention.link:
            head, *rest = mention.link.split(".")
            columns = model.properties[head].columns() if rest else model.properties
            key = rest[0] if rest else head
            return columns[key].target is self.person.model and siblings.get(key) == self.person.pk
        return any(
            self.person.has_name(siblings.get(name))
            for name in mention.names
            if not name.endswith(("phone", "fax"))  # shared by a whole office
        )

    def _replace(self, path: str, column: ColumnProperty, value: object, siblings: dict) -> object:
        if len(value) and "name" in path:
            return self.person.replacement
        return "" if column.field.blank else REDACTED

    def rename(self, old, new):
        return self.person.replacement if self.person.has_name(old) else old


class TextRedactor(Redactor):
    """Redacts a text wherever it occurs, in upper or lower case, in any property of any record."""

    def __init__(self, text: str):
        self.pattern = re.compile(r"\s+".join(map(re.escape, text.split())), re.IGNORECASE)

    def occurs_in(self, model: type[Entity], plain: object) -> bool:
        """Return whether a plain value contains the text."""
        return any(self.pattern.search(text) for text in texts_in(plain))

    def redact_text(self, value):
        if isinstance(value, str):
            return value if is_unreadable(value) else self.pattern.sub(REDACTED, value)
        if isinstance(value, list):
            return [self.redact_text(entry) for entry in value]
        if isinstance(value, dict):
            return {self.redact_text(name): self.redact_text(entry) for name, entry in value.items()}
        return value

    def make_value_redactor(self, model):
        return self._redact_leaf

    def _redact_leaf(self, path: str, column: ColumnProperty, value: object, siblings: dict):
        if column.target or column.field.choices or isinstance(column.field, models.DateTimeField):
            return value
        return self.redact_text(value)

    def values(self, record):
        names = [name for name, prop in record.properties.items() if not prop.derived]
        return _replace_values(record, names, self._redact_leaf)

    def old_value(self, model, entry):
        return entry["new"]

    def rename(self, old, new):
        return self.redact_text(old)


IsMatch = Callable[[type[Entity], object], bool]


def find_occurrences(
    company_id: str | None, is_match: IsMatch, record_types: list[type[Entity]], progress: Progress
) -> list[tuple[type[Entity], str]]:
    """Return (model, id) of the records in whose values or history `is_match` returns True for something."""
    matches: dict[tuple[type[Entity], str], None] = {}
    for model in record_types:
        rows = _rows_of_company(model, company_id)
        lists = [name for name, prop in model.properties.items() if prop.many]
        with progress(str(model._meta.verbose_name_plural), rows.count(), "") as bar:
            for records in batches(rows):
                load_collections(records, lists)
                for record in records:
                    values = (prop.plain(prop.read(record)) for prop in record.properties.values())
                    if any(is_match(model, value) for value in values):
                        matches[model, record.pk] = None
                bar.update(len(records))
    by_label = {model._meta.label_lower: model for model in record_types}
    rows = History.objects.filter(record_type__in=list(by_label))
    rows = rows if company_id is None else rows.filter(company_id=company_id)
    with progress(str(History._meta.verbose_name_plural), rows.count(), "") as bar:
        for batch in batches(rows):
            for row in batch:
                model = by_label[row.record_type]
                changes = [[entry["old"], entry["new"]] for entry in row.changes]
                if is_match(model, [row.record_name, *changes]):
                    matches[model, row.record_id] = None
            bar.update(len(batch))
    return list(matches)


def _rows_of_company(model: type[Entity], company_id: str | None) -> models.QuerySet:
    rows = model._base_manager.all()
    if company_id is None:
        return rows
    return rows.filter(**{"company_id" if hasattr(model, "company_id") else "pk": company_id})


def batches(rows: models.QuerySet) -> Iterator[list]:
    """Yield rows in batches, by primary key, so that rows may be changed meanwhile."""
    batch = list(rows.order_by("pk")[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk).order_by("pk")[:BATCH])


def record_models() -> list[type[Entity]]:
    """Return all record models."""
    return [model for model in apps.get_models() if issubclass(model, Entity)]


@dataclass(frozen=True)
class RedactionResult:
    """The result of redacting a record: its current name, the labels of its properties, the number of history
    rows."""

    record: str
    labels: list[str]
    rows: int


def make_property_redactor(
    model: type[Entity], record: Entity | None, names: Iterable[str]
) -> PropertyRedactor:
    """Return the redactor of properties of a record; of a deleted one, in its history."""
    is_whole_person = set(names) == set(model.personal_properties)
    names = dict.fromkeys(each for name in names for each in (name, *model.redacted_with(name)))
    if record is None:
        return PropertyRedactor(names)
    redaction_values = record.redaction_values() if is_whole_person else {}
    replacements = {
        name: redaction_values[name] if name in redaction_values else empty_value(record, name)
        for name in names
    }
    return PropertyRedactor(
        replacements, {name: value for name, value in redaction_values.items() if name not in replacements}
    )


def redact_by_id(
    model: type[Entity], pk: str, redactor: Redactor, actor: Actor, context: ChangeContext
) -> RedactionResult | None:
    """Redact a record, or the history of a deleted one. Return None if there was nothing to redact."""
    record = model._base_manager.filter(pk=pk).first()
    rows = History.objects.filter(record_type=model._meta.label_lower, record_id=pk)
    try:
        planned = redact(record, redactor, actor=actor, context=context) if record else None
    except RecordDeleted:  # deleted meanwhile
        record = planned = None
    if record is None:
        count = redact_deleted(model, pk, redactor, actor=actor, context=context)
        return RedactionResult(f"{model._meta.verbose_name} {pk}", [], count) if count else None
    if planned is None:
        return None
    labels = {name: planned.record.properties[name].label for name in sorted(planned.edited_properties)}
    redacted_rows = sum(any("redacted" in entry for entry in row.changes) for row in rows)
    return RedactionResult(
        f"{model._meta.verbose_name} {planned.record}", list(labels.values()), redacted_rows
    )
