"""The state of a list in its query string: filters, order and columns."""

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.lists.filters import LIST_PARAMETERS
from backoffice.lists.models import ListChoice
from backoffice.lists.pagination import BoundedCount, count_bounded
from backoffice.records.actors import Actor
from backoffice.records.fields import sort_columns
from backoffice.web.viewsets import ListColumn, RecordViewSet

MOST_SORTED = 3
"""The most columns that a list may be sorted by."""


MAX_QUERY = 4000
"""The length limit of a list's query string."""


EVERYTHING = {"view": "all"}
"""The query parameters of the unfiltered list, for users whose list opens with a default view."""


@dataclass(frozen=True)
class Heading:
    """The heading of a column. Its `url` sorts the list by the column, in reverse if it is sorted by it
    already."""

    column: ListColumn
    url: str = ""
    direction: str = ""
    """`ascending`, `descending`, or empty if the list is not sorted by the column."""


class ListAddress:
    """The URL of a list, from which the URLs of related lists are built. It keeps the query parameters in
    `names`. `empty` has the parameters to use when there are no others."""

    def __init__(self, path: str, data: QueryDict, names: list[str], empty: dict | None = None):
        self.path = path
        self.params = {name: data[name] for name in names if data.get(name)}
        self.empty = empty or {}

    def url_with(self, **changes: str | None) -> str:
        """Return the URL with some parameters changed, or removed (None)."""
        return self.url_of(self.params | changes)

    def url_of(self, parameters: dict) -> str:
        """Return the URL with exactly these parameters."""
        query = urlencode({name: value for name, value in parameters.items() if value} or self.empty)
        return f"{self.path}?{query}" if query else self.path

    @property
    def query(self) -> str:
        """The query string."""
        return self.url_with().partition("?")[2]


def elide_pages(page: Page, address: ListAddress) -> list[tuple[str, str]]:
    """Return (number or ellipsis, URL) of the pages around this one."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return [
        (str(number), address.url_with(page=str(number)) if isinstance(number, int) else "")
        for number in numbers
    ]


class ListOrder:
    """The order of a list: sortable columns that the actor may see (`-priority,created_at`), or the view set's
    default. Any other value is ignored."""

    def __init__(self, viewset: RecordViewSet, actor: Actor, requested: str = ""):
        shown = viewset.columns_visible_to(actor, viewset.all_columns)
        columns = {column.name: column for column in shown if column.sort}
        keys = requested.split(",")
        is_valid = len(keys) <= MOST_SORTED and all(key.removeprefix("-") in columns for key in keys)
        self.requested = requested if is_valid else ""
        keys = (self.requested or viewset.default_sort).split(",")
        self.name, self.is_descending = keys[0].removeprefix("-"), keys[0].startswith("-")
        self.columns, sorted_paths = [], set()
        for key in keys:
            name = key.removeprefix("-")
            paths = columns[name].sort if name in columns else (name,)
            for path in sort_columns(viewset.model, paths):
                self.columns.append(f"-{path}" if key.startswith("-") else path)
                sorted_paths.add(path)
        if not hasattr(viewset.model, "number"):
            self.columns.append("pk")
            return
        if "number" not in sorted_paths:
            self.columns.append("-number")
        # Numbers repeat across companies. A user of one company still gets the order from an index by number.
        self.columns.append("company_id")

    def headings(self, columns: list[ListColumn], address: ListAddress) -> list[Heading]:
        headings = []
        for column in columns:
            if not column.sort:
                headings.append(Heading(column))
                continue
            is_current = column.name == self.name
            next_sort = column.name if is_current and self.is_descending else f"-{column.name}"
            if not is_current:
                # The first click sorts numbers from the largest, text from A.
                next_sort = f"-{column.name}" if column.css == "number" else column.name
            direction = ("descending" if self.is_descending else "ascending") if is_current else ""
            headings.append(Heading(column, address.url_with(sort=next_sort, page=None), direction))
        return headings


def chosen_columns(
    viewset: RecordViewSet, actor: Actor, requested: str, choice: ListChoice | None = None
) -> list[ListColumn]:
    """Return the columns of a list: those of its query string, else those in the user's settings, else the
    default. The columns that link to the record are always included and come first."""
    visible = viewset.columns_visible_to(actor, viewset.all_columns)
    by_name = {column.name: column for column in visible}
    names = [name for name in requested.split(",") if name in by_name]
    if not names and choice is not None:
        names = [name for name in choice.columns if name in by_name]
    if not names:
        return viewset.columns_visible_to(actor, viewset.columns)
    others = [by_name[name] for name in dict.fromkeys(names) if not by_name[name].is_link]
    return [*(column for column in visible if column.is_link), *others]


def columns_to_choose(
    viewset: RecordViewSet, actor: Actor, shown: list[ListColumn]
) -> list[tuple[ListColumn, bool]]:
    """Return every column of a list that the actor may see and whether it is shown: first those that link to
    the record, then the other shown columns in their order, then the hidden ones."""
    visible = viewset.columns_visible_to(actor, viewset.all_columns)
    hidden = [column for column in visible if column not in shown and not column.is_link]
    leading = [column for column in visible if column.is_link]
    others = [column for column in shown if not column.is_link]
    return [*((column, True) for column in (*leading, *others)), *((column, False) for column in hidden)]


class RecordListing:
    """The list of a record model for one user, as its query string describes it."""

    def __init__(
        self,
        viewset: RecordViewSet,
        actor: Actor,
        data: QueryDict,
        choice: ListChoice | None = None,
        empty=None,
        problem="",
    ):
        self.viewset, self.actor = viewset, actor
        visible = viewset.model.objects.visible_to(actor)
        self.filters = viewset.filterset_class(data, visible, actor=actor, problem=problem)
        known = [*self.filters.filters, "sort", "columns"]
        unknown = [name for name in data if name not in {*known, *LIST_PARAMETERS}]
        self.address = ListAddress(viewset.url("list"), data, [*known, *unknown], empty)
        for name in self.address.params:
            self.address.params[name] = self.filters.canonical(name, self.address.params[name])
        self.order = ListOrder(viewset, actor, data.get("sort", ""))
        self.columns = chosen_columns(viewset, actor, data.get("columns", ""), choice)

    @classmethod
    def from_query(
        cls, viewset: RecordViewSet, actor: Actor, query: str, choice: ListChoice | None = None
    ) -> "RecordListing":
        """Build the listing of a query string, which is untrusted."""
        try:
            if len(query) > MAX_QUERY:
                raise ValueError
            data, problem = QueryDict(query.lstrip("?")), ""
        except ValueError:  # (TooManyFieldsSent is a ValueError, too)
            data, problem = QueryDict(), _("The address of this list is too long.")
        return cls(viewset, actor, data, choice, problem=problem)

    @property
    def queryset(self) -> QuerySet:
        """The ordered records; none if a filter is invalid."""
        return self.filters.qs.order_by(*self.order.columns)

    def count(self) -> BoundedCount:
        return count_bounded(self.filters.qs)

    @property
    def headings(self) -> list[Heading]:
        return self.order.headings(self.columns, self.address)

    @property
    def requested_filters(self) -> dict[str, str]:
        """The filters of the query string, valid or not."""
        params = self.address.params
        return {name: value for name, value in params.items() if name not in LIST_PARAMETERS}
