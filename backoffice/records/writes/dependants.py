"""Descriptions of the records that refer to a record and prevent its deletion."""

from typing import Any

from django.db import models
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.fields.class_attributes import get_related_model
from backoffice.records.models import ChildRow, Entity

_BATCH = 500


def describe_dependants(error: ProtectedError, actor: Actor) -> list[str]:
    """Count, for each model, what the actor may see; of the rest only say that it exists."""
    groups: dict[type[models.Model], list[Any]] = {}
    for record in error.protected_objects:
        groups.setdefault(type(record), []).append(record)
    counts, has_others = [], False
    for model, records in groups.items():
        count = len(records) if actor.user_id is None else _count_visible(model, records, actor)
        counts += [(str(model._meta.verbose_name_plural), count)] if count else []
        has_others = has_others or count < len(records)
    listed = [f"{count} {name}" for name, count in sorted(counts)]
    return [*listed, _("others that you cannot see")] if has_others else listed


def _count_visible(model: type[models.Model], records: list[Any], actor: Actor) -> int:
    """Count the records that the actor may see; child rows count if their record is visible."""
    is_row = issubclass(model, ChildRow)
    holder = get_related_model(model, "record") if is_row else model
    if not issubclass(holder, Entity) or not actor.may("view", holder):
        return 0
    ids = [record.record_id if is_row else record.pk for record in records]
    visible: set[str] = set()
    for start in range(0, len(ids), _BATCH):
        seen = holder.objects.visible_to(actor).filter(pk__in=ids[start : start + _BATCH]).order_by()
        visible |= set(seen.values_list("pk", flat=True))
    return sum(pk in visible for pk in ids)
