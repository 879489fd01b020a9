"""Pagination with bounded counts."""

from dataclasses import dataclass

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import cached_property

from backoffice.db.compat import slice_rows

BOUND = 1000
"""Records are counted up to this number: counting all of them is slow, and larger numbers are of no use."""
LIST_BOUND = 10_000
"""The same for the list that is open."""
MAX_PAGE = 10**9


@dataclass(frozen=True)
class BoundedCount:
    """A count up to a bound; `more` if there are more than `number`."""

    number: int
    more: bool = False

    def __str__(self):
        return number_format(self.number, force_grouping=True) + ("+" if self.more else "")


def count_bounded(queryset: QuerySet, bound: int = BOUND) -> BoundedCount:
    """Count the rows of a queryset up to a bound."""
    number = queryset.order_by()[: bound + 1].count()
    return BoundedCount(min(number, bound), number > bound)


class ListPageOfMany(Page):
    """A page whose end index is from its rows, because the total may be unknown."""

    def end_index(self) -> int:
        return self.start_index() + len(self) - 1 if len(self) else 0


class BoundedPaginator(Paginator):
    """A paginator that counts up to a bound. Beyond it, there is a next page as long as the current one is
    full."""

    @cached_property
    def bounded_count(self) -> BoundedCount:
        return count_bounded(self.object_list, LIST_BOUND)

    @cached_property
    def count(self) -> int:
        return self.bounded_count.number

    def validate_number(self, number):
        try:
            return super().validate_number(number)
        except EmptyPage:
            if not self.bounded_count.more or int(number) < 1:
                raise
            return min(int(number), MAX_PAGE)

    def page(self, number) -> Page:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = slice_rows(self.object_list, start, start + self.per_page)
        if number > self.num_pages and not rows:
            return self.page(self.num_pages)
        if self.bounded_count.more and number >= self.num_pages:
            self.num_pages = number + (len(rows) == self.per_page)
        return self._get_page(rows, number, self)

    def _get_page(self, *args, **kwargs) -> Page:
        return ListPageOfMany(*args, **kwargs)
