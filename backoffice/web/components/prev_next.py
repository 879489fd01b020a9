"""Previous and next record in the list that the user came from."""

from django.db.models import Q
from django.http import HttpRequest
from django.utils.http import urlencode

from backoffice.records.fields import split_uri
from backoffice.records.models import Entity
from backoffice.web.listing import RecordListing
from backoffice.web.viewsets import RecordViewSet

MAX_LENGTH = 2000
"""The length limit of a list's query string in the URL of a record page."""


def requested_list(request: HttpRequest, viewset: RecordViewSet) -> str | None:
    """Return the query string of the list that the user came from: from the parameter `list` of the request,
    else from the Referer header. None if there is no list."""
    query = request.POST.get("list", request.GET.get("list"))
    if query is None:
        referer = split_uri(request.headers.get("Referer", ""))
        if referer.netloc != request.get_host() or referer.path != viewset.url("list"):
            return None
        query = referer.query
    return query if len(query) <= MAX_LENGTH else None


def with_list(url: str, list_query: str | None) -> str:
    """Return the URL of a record page with the query string of a list as the parameter `list`."""
    return url if list_query is None else f"{url}?{urlencode({'list': list_query})}"


def find_prev_next(
    viewset: RecordViewSet, record: Entity, actor, list_query: str
) -> tuple[str | None, str | None]:
    """Return the ids of the records before and after one in a list; None where there is none, or if a filter
    of the list is invalid. Compare by sort keys, not by offset: the cost does not grow with the position, and
    a record that no longer matches the filters has neighbours, too."""
    visible = viewset.model.objects.visible_to(actor)
    listing = RecordListing.from_query(viewset, actor, list_query)
    queryset, names = listing.filters.qs, listing.order.columns
    sort_keys = visible.filter(pk=record.pk).values_list(*(name.removeprefix("-") for name in names)).first()
    if sort_keys is None:
        return None, None
    position = list(zip(names, sort_keys, strict=True))
    reversed_names = [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in names]
    reversed_position = list(zip(reversed_names, sort_keys, strict=True))
    before = queryset.filter(_from(viewset.model, reversed_position), _beyond(reversed_position))
    after = queryset.filter(_from(viewset.model, position), _beyond(position))
    return (
        before.order_by(*reversed_names).values_list("pk", flat=True).first(),
        after.order_by(*names).values_list("pk", flat=True).first(),
    )


def _from(model: type[Entity], position: list[tuple[str, object]]) -> Q:
    """Return a condition on the first sort column for records at or after a position. It is redundant, but
    lets the database start in the index."""
    (name, value), *_others = position
    column = name.removeprefix("-")
    if value is None or "__" in column or model._meta.get_field(column).null:
        return Q()
    return Q(**{f"{column}__{'lte' if name.startswith('-') else 'gte'}": value})


def _beyond(position: list[tuple[str, object]]) -> Q:
    """Return the condition for records after a position: greater in the first column, or equal there and
    greater in the next, and so on. NULL sorts before every value."""
    beyond, is_equal_so_far = Q(pk__in=[]), Q()
    for name, value in position:
        column, is_descending = name.removeprefix("-"), name.startswith("-")
        is_null = Q(**{f"{column}__isnull": True})
        if value is None:
            is_greater = Q(pk__in=[]) if is_descending else ~is_null
            is_equal = is_null
        elif is_descending:
            is_greater = Q(**{f"{column}__lt": value}) | is_null
            is_equal = Q(**{column: value})
        else:
            is_greater = Q(**{f"{column}__gt": value})
            is_equal = Q(**{column: value})
        beyond |= is_equal_so_far & is_greater
        is_equal_so_far &= is_equal
    return beyond
