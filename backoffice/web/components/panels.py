"""Panels and links that desks put on their pages."""

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.page_parts import Link, Panel
from backoffice.web.viewsets import viewset_for

LENGTH = 8
"""How many records a panel shows."""
COUNTED = 100
"""As far as a panel counts: beyond that it says so."""


def related_panel(
    title,
    model: type[Entity],
    actor: Actor,
    *,
    having: dict,
    listed: dict,
    new: dict,
    but: Entity | None = None,
) -> Panel | None:
    """The newest records of `model` that Django's filters `having` find, without `but`. `listed` are the filters of
    the list of all of them, `new` what a new one is filled in with. None for who may see no such records."""
    kind = viewset_for(model)
    if kind is None or not actor.may("view", model):
        return None
    found = model.objects.visible_to(actor).filter(**having).order_by("-number", "company_id")
    if but is not None:
        found = found.exclude(pk=but.pk)
    shown = list(found[:LENGTH])
    counted = len(shown) if len(shown) < LENGTH else len(found.values_list("pk", flat=True)[: COUNTED + 1])
    return Panel(
        title=title,
        icon=kind.icon,
        items=[
            Link(url=kind.url("record", record.pk), text=kind.subject(record), meta=kind.meta(record))
            for record in shown
        ],
        more_url=f"{kind.url('list')}?{urlencode(listed)}",
        new_url=f"{kind.url('new')}?{urlencode(new)}" if new and actor.may("add", model) else "",
        empty=_("None yet."),
        count=f"{COUNTED}+" if counted > COUNTED else str(counted),
    )


def link_to(pointing: Entity, name: str, actor: Actor) -> list[Link]:
    """A link to what a record's reference `name` points at, if that is anything and the actor may see it. (Then the
    reference need not be followed again.)"""
    column = pointing.properties[name]
    kind, pk = viewset_for(column.target), column.read(pointing)
    if kind is None or pk is None or not actor.may("view", column.target):
        return []
    if column.target.name_is_public:
        record = column.target.names_visible_to(actor).filter(pk=pk).first()
    else:
        record = actor.find_visible(column.target, pk)
    if record is None or not actor.may("view", record):
        return []
    pointing._meta.get_field(name).set_cached_value(pointing, record)
    return [Link(url=kind.url("record", record.pk), text=str(record), meta=str(column.label))]
