"""How many records a list has, as far as anybody wants to know, and its pages."""

from dataclasses import dataclass

from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.functional import cached_property

from backoffice.db.compat import slice_rows

BOUND = 1000
"""Beyond this many, nobody asks for the number, and counting them all would take its time."""
IN_A_LIST = 10_000
"""The same for the list that somebody looks at."""
FARTHEST = 10**9


@dataclass(frozen=True)
class BoundedCount:
    """`number` of them; `more` than that if they were not counted to the end."""

    number: int
    more: bool = False

    def __str__(self):
        return number_format(self.number, force_grouping=True) + ("+" if self.more else "")


def count_bounded(found: QuerySet, bound: int = BOUND) -> BoundedCount:
    """Count what a queryset finds, up to a bound."""
    number = found.order_by()[: bound + 1].count()
    return BoundedCount(min(number, bound), number > bound)


class ListPageOfMany(Page):
    """A page that knows by its rows where it ends."""

    def end_index(self) -> int:
        return self.start_index() + len(self) - 1 if len(self) else 0


class BoundedPaginator(Paginator):
    """The pages of a list, whose records are counted up to a bound. Beyond it there is a next page as long as there are
    records."""

    @cached_property
    def counted(self) -> BoundedCount:
        return count_bounded(self.object_list, IN_A_LIST)

    @cached_property
    def count(self) -> int:
        return self.counted.number

    def validate_number(self, number):
        try:
            return super().validate_number(number)
        except EmptyPage:
            if not self.counted.more or int(number) < 1:
                raise
            return min(int(number), FARTHEST)

    def page(self, number) -> Page:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows = slice_rows(self.object_list, start, start + self.per_page)
        if number > self.num_pages and not rows:
            return self.page(self.num_pages)
        if self.counted.more and number >= self.num_pages:
            self.num_pages = number + (len(rows) == self.per_page)
        return self._get_page(rows, number, self)

    def _get_page(self, *args, **kwargs) -> Page:
        return ListPageOfMany(*args, **kwargs)
