"""Finding what is to be redacted: who names a person, in which records and history rows; where a text occurs.

What it finds is blanked by `redaction.redact`, record by record. What is kept of a person outside records: `elsewhere`.
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
    blank,
    emptied,
    mapped,
    redact,
    redact_removed,
    rewritten,
    texts_in,
)
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Gone
from backoffice.records.fields import is_unreadable
from backoffice.records.models import REDACTED, Entity, History, Mention
from backoffice.records.properties import ColumnProperty, load_collections

BATCH = 500
Progress = Callable[..., AbstractContextManager]
"""`progress(what, total, unit)`: see `progress.progress_bar`."""


@dataclass
class RedactedPerson:
    """Somebody to be forgotten: the record that is about them (or was), and what they were called."""

    model: type[Entity]
    pk: str
    company_id: str | None
    names: set[str] = field(default_factory=set)
    """Their names and addresses, casefolded."""
    put: str = ""
    """What they are called from now on."""

    @classmethod
    def of(cls, model: type[Entity], pk: str, record: Entity | None) -> "RedactedPerson":
        """What the record and its history say of them."""
        rows = list(History.objects.filter(record_type=model._meta.label_lower, record_id=pk).order_by("pk"))
        known = [row.record_name for row in rows] + ([str(record)] if record else [])
        for name in model.identifying:
            known += [record.properties[name].read(record)] if record else []
            known += [
                text
                for row in rows
                for entry in row.changes
                if entry["property"] == name
                for text in texts_in([entry["old"], entry["new"]])
            ]
        names = {text.strip().casefold() for text in known if text}
        names -= {name for name in names if name.startswith(("#", REDACTED)) or name == pk}
        company = record.mention_scope() if record else rows[-1].company_id if rows else None
        return cls(model, pk, company, names, f"{REDACTED}-{pk}")

    def is_called(self, text: object) -> bool:
        return isinstance(text, str) and text.strip().casefold() in self.names

    def occurs_in(self, model: type[Entity], plain: object) -> bool:
        """Whether a plain value of such a record names them, or points at them where the link says who is named."""
        linked = any(named.link for named in model.mentions)
        return any((linked and text == self.pk) or self.is_called(text) for text in texts_in(plain))


class MentionRedactor(Redactor):
    """Where other records name a person (`Entity.mentions`): by a link to them, or by what they are called. Where
    somebody is named without a link, what stands beside the name is of the same person and goes along."""

    def __init__(self, person: RedactedPerson):
        self.person = person

    def values(self, record):
        found = {}
        heads = dict.fromkeys(name.split(".")[0] for named in record.mentions for name in named.names)
        plain = {name: prop.plain(prop.read(record)) for name, prop in record.properties.items()
                 if not prop.many or name in heads}  # fmt: skip
        for name in heads:
            prop = record.properties[name]
            new = mapped(prop, "whole", plain[name], name, self.leaf(type(record)), plain)
            if new != plain[name]:
                found[name] = prop.from_plain(new)
        return found

    def past(self, model, record, rows):
        links = {named.link for named in model.mentions if named.link and "." not in named.link}
        now = {link: record.properties[link].read(record) if record else None for link in links}
        within = self._links_of_elements(model, record, rows)
        leaf = self._leaf(model, blank)
        for row in rows:
            before = now | {
                entry["property"]: entry["old"] for entry in row.changes if entry["property"] in now
            }
            old, new = ({entry["property"]: entry[side] for entry in row.changes} for side in ("old", "new"))
            changes = []
            for entry in row.changes:
                beside = within.get(entry["property"].rpartition(".")[0], {})
                sides = (old | before | beside, new | now | beside)
                changes.append(rewritten(model, entry, leaf, leaf, sides))
            yield changes
            now = before

    def _links_of_elements(self, model, record, rows) -> dict[str, dict]:
        """The links of each element of the record's lists, now or ever, by its path: `comments.<id>`."""
        found: dict[str, dict] = {}
        for named in model.mentions:
            name, dot, link = named.link.partition(".")
            if not dot:
                continue
            elements = list(getattr(record, name)) if record else []
            elements += [each for row in rows for entry in row.changes for each in (entry["old"], entry["new"])
                         if entry["property"].startswith(f"{name}.") and isinstance(each, dict)]  # fmt: skip
            for element in elements:
                if element.get(link) == self.person.pk:
                    found.setdefault(f"{name}.{element['id']}", {})[link] = self.person.pk
        return found

    def leaf(self, model):
        return self._leaf(model, self._put)

    def without(self, value):
        """(Whole texts: a name within a longer one is for `TextRedactor` to find.)"""
        if isinstance(value, list):
            return [self.without(entry) for entry in value]
        return self.person.put if self.person.is_called(value) else value

    def _leaf(self, model: type[Entity], put: Callable):
        places = {name: named for named in model.mentions for name in named.names}

        def leaf(where: str, column: ColumnProperty, value: object, beside: dict):
            named = places.get(where)
            if not value or named is None or value in (REDACTED, self.person.put):
                return value
            if self._is_theirs(model, named, beside) or self.person.is_called(value):
                return put(where, column, value, beside)
            return value

        return leaf

    def _is_theirs(self, model: type[Entity], named: Mention, beside: dict) -> bool:
        if named.link:
            head, *rest = named.link.split(".")
            columns = model.properties[head].columns() if rest else model.properties
            key = rest[0] if rest else head
            return columns[key].target is self.person.model and beside.get(key) == self.person.pk
        return any(
            self.person.is_called(beside.get(name))
            for name in named.names
            if not name.endswith(("phone", "fax"))  # of a whole office
        )

    def _put(self, where: str, column: ColumnProperty, value: object, beside: dict) -> object:
        if len(value) and "name" in where:
            return self.person.put
        return "" if column.field.blank else REDACTED

    def name(self, old, new):
        return self.person.put if self.person.is_called(old) else old


class TextRedactor(Redactor):
    """A text wherever it occurs, in upper or lower case, in any property of any record."""

    def __init__(self, text: str):
        self.pattern = re.compile(r"\s+".join(map(re.escape, text.split())), re.IGNORECASE)

    def occur_in(self, model: type[Entity], plain: object) -> bool:
        """Whether a plain value has the text."""
        return any(self.pattern.search(text) for text in texts_in(plain))

    def without(self, value):
        if isinstance(value, str):
            return value if is_unreadable(value) else self.pattern.sub(REDACTED, value)
        if isinstance(value, list):
            return [self.without(entry) for entry in value]
        if isinstance(value, dict):
            return {self.without(name): self.without(entry) for name, entry in value.items()}
        return value

    def leaf(self, model):
        return self._leaf

    def _leaf(self, where: str, column: ColumnProperty, value: object, beside: dict):
        if column.target or column.field.choices or isinstance(column.field, models.DateTimeField):
            return value
        return self.without(value)

    def values(self, record):
        found = {}
        for name, prop in record.properties.items():
            plain = prop.plain(prop.read(record))
            new = mapped(prop, "whole", plain, name, self._leaf, {}) if not prop.derived else plain
            if new != plain:
                found[name] = prop.from_plain(new)
        return found

    def past(self, model, record, rows):
        for row in rows:
            yield [rewritten(model, entry, self._leaf, self._leaf) for entry in row.changes]

    def before(self, model, entry):
        return entry["new"]

    def name(self, old, new):
        return self.without(old)


Wanted = Callable[[type[Entity], object], bool]


def candidates(
    company_id: str | None, wanted: Wanted, kinds: list[type[Entity]], progress: Progress
) -> list[tuple[type[Entity], str]]:
    """The records of some kinds in whose values, or in whose history, `wanted` finds something: (model, id)."""
    found: dict[tuple[type[Entity], str], None] = {}
    for model in kinds:
        rows = _of_company(model, company_id)
        lists = [name for name, prop in model.properties.items() if prop.many]
        with progress(str(model._meta.verbose_name_plural), rows.count(), "") as bar:
            for records in batches(rows):
                load_collections(records, lists)
                for record in records:
                    if any(
                        wanted(model, prop.plain(prop.read(record))) for prop in record.properties.values()
                    ):
                        found[model, record.pk] = None
                bar.update(len(records))
    by_label = {model._meta.label_lower: model for model in kinds}
    rows = History.objects.filter(record_type__in=list(by_label))
    rows = rows if company_id is None else rows.filter(company_id=company_id)
    with progress(str(History._meta.verbose_name_plural), rows.count(), "") as bar:
        for batch in batches(rows):
            for row in batch:
                model = by_label[row.record_type]
                if wanted(model, [row.record_name, *([each["old"], each["new"]] for each in row.changes)]):
                    found[model, row.record_id] = None
            bar.update(len(batch))
    return list(found)


def _of_company(model: type[Entity], company_id: str | None) -> models.QuerySet:
    rows = model._base_manager.all()
    if company_id is None:
        return rows
    names = {column.name for column in model._meta.concrete_fields}
    return rows.filter(**{"company_id" if "company" in names else "pk": company_id})


def batches(rows: models.QuerySet) -> Iterator[list]:
    """Rows some at a time, whatever becomes of those that were given."""
    batch = list(rows.order_by("pk")[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk).order_by("pk")[:BATCH])


def entities() -> list[type[Entity]]:
    """Every kind of record."""
    return [model for model in apps.get_models() if issubclass(model, Entity)]


@dataclass(frozen=True)
class Blanked:
    """What was blanked in a record: how it is called by now, which properties, in how many history rows."""

    record: str
    labels: list[str]
    rows: int


def own_properties(model: type[Entity], record: Entity | None, names: Iterable[str]) -> PropertyRedactor:
    """What blanks properties of a record; of one that was removed, in its history."""
    if record is None:
        return PropertyRedactor(dict.fromkeys(names))
    special = record.erasure_values() if set(names) == set(model.personal) else {}
    put = {name: special[name] if name in special else emptied(record, name) for name in names}
    return PropertyRedactor(put, {name: value for name, value in special.items() if name not in put})


def blanked(
    model: type[Entity], pk: str, judge: Redactor, actor: Actor, via: ChangeContext
) -> Blanked | None:
    """Blank what a judge says in a record, or in the history of one that was removed."""
    record = model._base_manager.filter(pk=pk).first()
    rows = History.objects.filter(record_type=model._meta.label_lower, record_id=pk)
    try:
        draft = redact(record, judge, actor=actor, via=via) if record else None
    except Gone:  # meanwhile
        record = draft = None
    if record is None:
        count = redact_removed(model, pk, judge, actor=actor, via=via)
        return Blanked(f"{model._meta.verbose_name} {pk}", [], count) if count else None
    if draft is None:
        return None
    labels = {name: draft.record.properties[name].label for name in sorted(draft.edited)}
    marked = sum(any("redacted" in entry for entry in row.changes) for row in rows)
    return Blanked(f"{model._meta.verbose_name} {draft.record}", list(labels.values()), marked)
