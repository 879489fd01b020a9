"""The records before and after one, in the list that somebody came from."""

from django.db.models import Q
from django.http import HttpRequest
from django.utils.http import urlencode

from backoffice.records.fields import split_uri
from backoffice.records.models import Entity
from backoffice.web.listing import RecordListing
from backoffice.web.viewsets import RecordViewSet

LONGEST = 2000


def requested_list(request: HttpRequest, kind: RecordViewSet) -> str | None:
    """The filters and the order of the list that somebody came from, as its address has them: carried along in the
    address of the record's page (`list`) or in its form; else the page came from says it. None for no list."""
    carried = request.POST.get("list", request.GET.get("list"))
    if carried is None:
        came_from = split_uri(request.headers.get("Referer", ""))
        if came_from.netloc != request.get_host() or came_from.path != kind.url("list"):
            return None
        carried = came_from.query
    return carried if len(carried) <= LONGEST else None


def with_list(url: str, asked: str | None) -> str:
    """The address of a record's page, with the list that it is looked at in."""
    return url if asked is None else f"{url}?{urlencode({'list': asked})}"


def find_prev_next(kind: RecordViewSet, record: Entity, actor, asked: str) -> tuple[str | None, str | None]:
    """The ids of the records before and after one in a list. Found by where the record would stand in its order,
    so it costs no more far down the list, and a record that no longer belongs there has neighbours all the same. None if a filter of the list is not
    understood."""
    visible = kind.model.objects.visible_to(actor)
    listing = RecordListing.of_query(kind, actor, asked)
    found, names = listing.filters.qs, listing.order.columns
    at = visible.filter(pk=record.pk).values_list(*(name.removeprefix("-") for name in names)).first()
    if at is None:
        return None, None
    place = list(zip(names, at, strict=True))
    turned = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in names]
    back = [(other, value) for other, (_name, value) in zip(turned, place, strict=True)]
    before = found.filter(_from(kind.model, back), _beyond(back))
    after = found.filter(_from(kind.model, place), _beyond(place))
    return (
        before.order_by(*turned).values_list("pk", flat=True).first(),
        after.order_by(*names).values_list("pk", flat=True).first(),
    )


def _from(model: type[Entity], place: list[tuple[str, object]]) -> Q:
    """What is at a place in an order or behind it, as far as its first column tells: an index begins there."""
    (name, value), *_others = place
    column = name.removeprefix("-")
    if value is None or "__" in column or model._meta.get_field(column).null:
        return Q()
    return Q(**{f"{column}__{'lte' if name.startswith('-') else 'gte'}": value})


def _beyond(place: list[tuple[str, object]]) -> Q:
    """What comes behind a place in an order: greater in the first column, or the same there and greater in the
    next. No value comes before every value."""
    beyond, same = Q(pk__in=[]), Q()
    for name, value in place:
        column, down = name.removeprefix("-"), name.startswith("-")
        empty = Q(**{f"{column}__isnull": True})
        if value is None:
            further = Q(pk__in=[]) if down else ~empty
            here = empty
        else:
            further = Q(**{f"{column}__lt": value}) | empty if down else Q(**{f"{column}__gt": value})
            here = Q(**{column: value})
        beyond |= same & further
        same &= here
    return beyond
