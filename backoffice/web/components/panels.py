"""Panels of related records and links to referenced records, for the pages of the apps."""

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.page_parts import Link, Panel
from backoffice.web.viewsets import viewset_for

LENGTH = 8
"""How many records a panel shows."""
COUNTED = 100
"""How far a panel counts; beyond that it shows “100+”."""


def related_panel(
    title,
    model: type[Entity],
    actor: Actor,
    lookups: dict,
    *,
    list_filters: dict | None = None,
    initial: dict | None = None,
    exclude: Entity | None = None,
    hide_if_empty=False,
) -> Panel | None:
    """Return a panel of the newest records of `model` that match `lookups`, without `exclude`.
    `list_filters` has the filters of the link to the full list if they differ, `initial` the initial values of a
    new record, if users may create one here. Return None if the actor may not view records of the model."""
    viewset = viewset_for(model)
    if viewset is None or not actor.may("view", model):
        return None
    found = model.objects.visible_to(actor).filter(**lookups).order_by("-number", "company_id")
    if exclude is not None:
        found = found.exclude(pk=exclude.pk)
    shown = list(found[:LENGTH])
    if hide_if_empty and not shown:
        return None
    counted = len(shown) if len(shown) < LENGTH else len(found.values_list("pk", flat=True)[: COUNTED + 1])
    return Panel(
        title=title,
        icon=viewset.icon,
        items=[
            Link(
                url=viewset.url("record", record.pk), text=viewset.subject(record), meta=viewset.meta(record)
            )
            for record in shown
        ],
        more_url=f"{viewset.url('list')}?{urlencode(list_filters or lookups)}",
        new_url=f"{viewset.url('new')}?{urlencode(initial)}" if initial and actor.may("add", model) else "",
        new_label=viewset.new_label,
        empty=_("None yet."),
        count=f"{COUNTED}+" if counted > COUNTED else str(counted),
    )


def link_to(source: Entity, name: str, actor: Actor) -> list[Link]:
    """Return a link to the record that the reference `name` points to; nothing if it is empty or the actor
    may not view the record. Cache the record on the reference."""
    column = source.properties[name]
    viewset, pk = viewset_for(column.target), column.read(source)
    if viewset is None or pk is None or not actor.may("view", column.target):
        return []
    if column.target.name_is_public:
        record = column.target.names_visible_to(actor).filter(pk=pk).first()
    else:
        record = actor.find_visible(column.target, pk)
    if record is None or not actor.may("view", record):
        return []
    source._meta.get_field(name).set_cached_value(source, record)
    return [Link(url=viewset.url("record", record.pk), text=str(record), meta=str(column.label))]
