"""What the address of a list asks for: filters, order and columns."""

from dataclasses import dataclass

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from backoffice.lists.filters import LIST_PARAMETERS
from backoffice.lists.models import ListChoice
from backoffice.lists.pagination import BoundedCount, count_bounded
from backoffice.records.actors import Actor
from backoffice.records.fields import sort_columns
from backoffice.web.viewsets import ListColumn, ListShortcut, RecordViewSet

MOST_SORTED = 3
"""By how many columns a list is sorted at most."""


MAX_QUERY = 4000
"""How long the query of an address may be."""


EVERYTHING = {"view": "all"}
"""What the address of the plain list has in it, for those whose list opens with a view of theirs."""


@dataclass(frozen=True)
class Heading:
    """The head of a column: its `url` sorts the list by it, the other way round if it already is."""

    column: ListColumn
    url: str = ""
    direction: str = ""
    """`ascending`, `descending`, or empty if the list is not sorted by it."""


class ListAddress:
    """The address of this list, and of its neighbours: the parameters called `names` are kept. `empty` is what it has
    in it when there is nothing else to say."""

    def __init__(self, path: str, given: QueryDict, names: list[str], empty: dict | None = None):
        self.path = path
        self.kept = {name: given[name] for name in names if given.get(name)}
        self.empty = empty or {}

    def but(self, **changes: str | None) -> str:
        """The address with parameters changed (None: taken away)."""
        return self.of(self.kept | changes)

    def of(self, parameters: dict) -> str:
        """The address with just these parameters."""
        query = QueryDict(mutable=True)
        for name, value in parameters.items():
            if value:
                query[name] = value
        if not query:
            query.update(self.empty)
        return f"{self.path}?{query.urlencode()}" if query else self.path

    @property
    def query(self) -> str:
        """What is kept, as the address has it."""
        return self.but().partition("?")[2]


def elide_pages(page: Page, address: ListAddress) -> list[tuple[str, str]]:
    """(number or …, address) of the pages around this one."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return [
        (str(number), address.but(page=str(number)) if isinstance(number, int) else "") for number in numbers
    ]


class ListOrder:
    """What a list is sorted by: columns of the allow-list (`-priority,created_at`), or the kind's default. Anything
    else is ignored."""

    def __init__(self, kind: RecordViewSet, asked: str):
        columns = {column.name: column for column in kind.all_columns if column.sort}
        asked_for = asked.split(",")
        known = len(asked_for) <= MOST_SORTED and all(name.removeprefix("-") in columns for name in asked_for)
        self.asked = asked if known else ""
        by = (self.asked or kind.default_sort).split(",")
        self.name, self.down = by[0].removeprefix("-"), by[0].startswith("-")
        self.columns, chosen = [], set()
        for each in by:
            name = each.removeprefix("-")
            paths = columns[name].sort if name in columns else (name,)
            for path in sort_columns(kind.model, paths):
                self.columns.append(f"-{path}" if each.startswith("-") else path)
                chosen.add(path)
        if not hasattr(kind.model, "number"):
            self.columns.append("pk")
            return
        if "number" not in chosen:
            self.columns.append("-number")
        # For those who see several. To all others it is always the same, and an index by number gives the order.
        self.columns.append("company_id")

    def headings(self, columns: list[ListColumn], address: ListAddress) -> list[Heading]:
        found = []
        for column in columns:
            if not column.sort:
                found.append(Heading(column))
                continue
            mine = column.name == self.name
            then = column.name if mine and self.down else f"-{column.name}"
            if not mine:
                # Numbers and times are asked for from the top, words from A.
                then = f"-{column.name}" if column.css == "number" else column.name
            direction = ("descending" if self.down else "ascending") if mine else ""
            found.append(Heading(column, address.but(sort=then, page=None), direction))
        return found


def chosen_columns(kind: RecordViewSet, asked: str, choice: ListChoice | None = None) -> list[ListColumn]:
    """The columns of a list: those that its address asks for, else those that the person chose, else the kind's own.
    What leads to a record is always among them, and before all others."""
    known = {column.name: column for column in kind.all_columns}
    names = [name for name in asked.split(",") if name in known]
    if not names and choice is not None:
        names = [name for name in choice.columns if name in known]
    if not names:
        return list(kind.columns)
    others = [known[name] for name in dict.fromkeys(names) if not known[name].leads]
    return [*(column for column in kind.all_columns if column.leads), *others]


def columns_to_choose(kind: RecordViewSet, shown: list[ListColumn]) -> list[tuple[ListColumn, bool]]:
    """Every column of a list and whether it is shown: what leads to a record, then the others as they are shown, then
    those that are not."""
    rest = [column for column in kind.all_columns if column not in shown and not column.leads]
    leading = [column for column in kind.all_columns if column.leads]
    others = [column for column in shown if not column.leads]
    return [*((column, True) for column in (*leading, *others)), *((column, False) for column in rest)]


class RecordListing:
    """What an address asks of a kind of record, for one person."""

    def __init__(
        self,
        kind: RecordViewSet,
        actor: Actor,
        given: QueryDict,
        choice: ListChoice | None = None,
        empty=None,
        problem="",
    ):
        self.kind, self.actor = kind, actor
        everything = kind.model.objects.visible_to(actor)
        self.filters = kind.filterset_class(given, everything, actor=actor, problem=problem)
        known = [*self.filters.filters, "sort", "columns"]
        unknown = [name for name in given if name not in {*known, *LIST_PARAMETERS}]
        self.address = ListAddress(kind.url("list"), given, [*known, *unknown], empty)
        for name in self.address.kept:
            self.address.kept[name] = self.filters.canonical(name, self.address.kept[name])
        self.order = ListOrder(kind, given.get("sort", ""))
        self.columns = chosen_columns(kind, given.get("columns", ""), choice)

    @classmethod
    def of_query(
        cls, kind: RecordViewSet, actor: Actor, query: str, choice: ListChoice | None = None
    ) -> "RecordListing":
        """That of an address's query, which may come from anywhere."""
        try:
            if len(query) > MAX_QUERY:
                raise ValueError
            given, problem = QueryDict(query.lstrip("?")), ""
        except ValueError:  # (TooManyFieldsSent is another)
            given, problem = QueryDict(), _("The address of this list is too long.")
        return cls(kind, actor, given, choice, problem=problem)

    @property
    def found(self) -> QuerySet:
        """Its records in their order; none if a filter is not understood."""
        return self.filters.qs.order_by(*self.order.columns)

    def count(self) -> BoundedCount:
        return count_bounded(self.filters.qs)

    @property
    def headings(self) -> list[Heading]:
        return self.order.headings(self.columns, self.address)

    @property
    def filters_given(self) -> dict[str, str]:
        """The filters of its address, understood or not."""
        kept = self.address.kept
        return {name: value for name, value in kept.items() if name not in LIST_PARAMETERS}


def understands(listing: RecordListing, shortcut: ListShortcut) -> bool:
    """Whether a list has all the filters of a shortcut, for this person, and can have records for them."""
    return listing.filters.suit(shortcut.filters)
