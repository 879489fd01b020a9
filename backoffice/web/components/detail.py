"""Read-only view of a record: the groups of its form as labels and values."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from django.utils.text import capfirst

from backoffice.forms.fields import secret_text
from backoffice.forms.fieldsets import FieldGroup
from backoffice.records.actors import Actor
from backoffice.records.fields import CANNOT_BE_READ, OpenObjectField, is_unreadable
from backoffice.records.history import (
    ReferenceNames,
    columns_by_value,
    format_entry,
    format_members,
    format_value,
)
from backoffice.records.models import Entity
from backoffice.records.properties import CollectionProperty, ElementsProperty, ListPage, ListPages


@dataclass(frozen=True)
class Fact:
    """A property's label and text, or the `entries` of a list. If `secret`, the value is covered."""

    label: str
    text: str = ""
    entries: tuple[str, ...] = ()
    secret: bool = False
    page: ListPage | None = None
    """The page of the list that the entries are from."""


def list_facts(
    form_class,
    record: Entity,
    actor: Actor,
    uncovered: bool = False,
    exclude: Collection[str] = (),
    pages: ListPages | None = None,
) -> list[tuple[FieldGroup, list[Fact]]]:
    """Return the groups of a form with their facts. Leave out groups and properties that are empty, that the
    actor may not view or that `exclude` names. Secrets are covered unless `uncovered`. Of a long list, return
    the page that `pages` selects."""
    record = record.visible_copy_for(actor)
    pages = pages or ListPages()
    named = [name for group in form_class.groups for name in group.names() if name not in exclude]
    visible = {name for name in named if actor.may("view", record, name)}
    plain, page_of = {}, {}
    for name in visible:
        prop = record.properties[name]
        value = prop.read(record)
        if isinstance(value, list if prop.many else (list, dict)) and not (prop.guard and prop.guard.secret):
            page_of[name] = pages.page(name, len(value))
            value = page_of[name].slice(value)
        plain[name] = prop.plain(value)
    pairs = (pair for name in visible for pair in columns_by_value(record.properties[name], plain[name]))
    names = ReferenceNames.for_values(pairs, actor)
    groups = []
    for group in form_class.groups:
        facts = [
            replace(_fact(record.properties[name], plain[name], names, uncovered), page=page_of.get(name))
            for name in group.names()
            if name in visible
        ]
        facts = [fact for fact in facts if fact.text or fact.entries or fact.secret]
        if facts:
            groups.append((group, facts))
    return groups


def _fact(prop, plain, names: ReferenceNames, uncovered: bool) -> Fact:
    label = capfirst(str(prop.label))
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
    if isinstance(prop.field, OpenObjectField) and isinstance(plain, dict):
        return Fact(label, entries=tuple(format_members(plain)))
    return Fact(label, format_value(prop, plain, names))


def _element(prop: ElementsProperty, element: dict, names: ReferenceNames) -> str:
    """Return an element, such as a comment or a file, as text after its author and date."""
    columns = prop.columns()
    text = format_entry(prop, element, names)
    author = element.get("employee_name")
    date = format_value(columns["date"], element.get("date"), names) if "date" in columns else ""
    head = ", ".join(part for part in (author, date) if part)
    return f"{head}: {text}" if head else text
