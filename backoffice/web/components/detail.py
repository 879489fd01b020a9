"""A record to read: the groups of its form, as labels and values."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from backoffice.forms.fields import secret_text
from backoffice.forms.fieldsets import FieldGroup
from backoffice.records.actors import Actor
from backoffice.records.fields import CANNOT_BE_READ, is_unreadable
from backoffice.records.history import ReferenceNames, columns_by_value, format_entry, format_value
from backoffice.records.models import Entity
from backoffice.records.properties import CollectionProperty, ElementsProperty, ListPage, ListPages


@dataclass(frozen=True)
class Fact:
    """One property in words. `entries` are those of a list; `secret` ones are covered."""

    label: str
    text: str = ""
    entries: tuple[str, ...] = ()
    secret: bool = False
    page: ListPage | None = None
    """Which part of a list the entries are."""


def list_facts(
    form_class,
    record: Entity,
    actor: Actor,
    uncovered: bool = False,
    but: Collection[str] = (),
    pages: ListPages | None = None,
) -> list[tuple[FieldGroup, list[Fact]]]:
    """The groups with their facts; groups and properties that are empty, or not for this actor, are left out, and
    so is what `but` names. Secrets are covered unless they were asked for. Of a long list there is the page that
    `pages` has."""
    record = record.visible_copy_for(actor)
    pages = pages or ListPages()
    named = [name for group in form_class.groups for name in group.names() if name not in but]
    visible = {name for name in named if actor.may("view", record, name)}
    plain, page_of = {}, {}
    for name in visible:
        prop = record.properties[name]
        value = prop.read(record)
        if isinstance(value, list if prop.many else (list, dict)) and not (prop.guard and prop.guard.secret):
            page_of[name] = pages.page(name, len(value))
            value = page_of[name].cut(value)
        plain[name] = prop.plain(value)
    pairs = (pair for name in visible for pair in columns_by_value(record.properties[name], plain[name]))
    names = ReferenceNames.for_values(pairs, actor)
    found = []
    for group in form_class.groups:
        listed = [
            replace(_fact(record.properties[name], plain[name], names, uncovered), page=page_of.get(name))
            for name in group.names()
            if name in visible
        ]
        listed = [fact for fact in listed if fact.text or fact.entries or fact.secret]
        if listed:
            found.append((group, listed))
    return found


def _fact(prop, plain, names: ReferenceNames, uncovered: bool) -> Fact:
    label = prop.label[:1].upper() + prop.label[1:]
    if is_unreadable(plain):
        return Fact(label, str(CANNOT_BE_READ))
    if prop.guard and prop.guard.secret:
        return Fact(label, secret_text(plain)) if uncovered else Fact(label, secret=plain not in (None, ""))
    if isinstance(prop, ElementsProperty):
        return Fact(label, entries=tuple(_element(prop, element, names) for element in plain))
    if isinstance(prop, CollectionProperty):
        return Fact(label, entries=tuple(format_entry(prop, entry, names) for entry in plain))
    if isinstance(plain, list):
        return Fact(label, entries=tuple(plain))
    return Fact(label, format_value(prop, plain, names))


def _element(rows: ElementsProperty, element: dict, names: ReferenceNames) -> str:
    """A comment or a file in words: who said it, and what."""
    columns = rows.columns()
    words = format_entry(rows, element, names)
    author = element.get("employee_name")
    said = format_value(columns["date"], element.get("date"), names) if "date" in columns else ""
    head = ", ".join(part for part in (author, said) if part)
    return f"{head}: {words}" if head else words
