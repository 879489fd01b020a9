"""What points at a record and keeps it from being removed, in words for who asked for it."""

from django.db import models
from django.db.models.deletion import ProtectedError
from django.utils.translation import gettext as _

from backoffice.records.actors import Actor
from backoffice.records.models import ChildRow, Entity

_AT_ONCE = 500


def describe_dependants(error: ProtectedError, actor: Actor) -> list[str]:
    """How many of each kind the actor sees; of the rest only that it is there."""
    groups: dict[type[models.Model], list] = {}
    for found in error.protected_objects:
        groups.setdefault(type(found), []).append(found)
    counts, has_others = [], False
    for model, found in groups.items():
        count = len(found) if actor.user_id is None else _count_visible(model, found, actor)
        counts += [(str(model._meta.verbose_name_plural), count)] if count else []
        has_others = has_others or count < len(found)
    listed = [f"{count} {name}" for name, count in sorted(counts)]
    return [*listed, _("others that you do not see")] if has_others else listed


def _count_visible(model: type[models.Model], found: list, actor: Actor) -> int:
    """Count what the actor sees: of rows, those of records that they see."""
    is_row = issubclass(model, ChildRow)
    holder = model._meta.get_field("record").related_model if is_row else model
    if not issubclass(holder, Entity) or not actor.may("view", holder):
        return 0
    ids = [each.record_id if is_row else each.pk for each in found]
    visible: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        seen = holder.objects.visible_to(actor).filter(pk__in=ids[start : start + _AT_ONCE]).order_by()
        visible |= set(seen.values_list("pk", flat=True))
    return sum(pk in visible for pk in ids)
