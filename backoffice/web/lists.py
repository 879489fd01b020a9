"""The list of a kind of record: search, filters, sorting and pages, all of it in the address."""

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.shortcuts import render

from backoffice.web.access import KindView
from backoffice.web.kinds import Column, Kind

PAGE_SIZE = 25


@dataclass(frozen=True)
class Heading:
    """The head of a column: its `url` sorts the list by it, the other way round if it already is."""

    column: Column
    url: str = ""
    direction: str = ""
    """`ascending`, `descending`, or empty if the list is not sorted by it."""


@dataclass(frozen=True)
class Chip:
    """A filter in force, and the address of the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class Tab:
    """A shortcut of the kind."""

    label: str
    url: str
    current: bool


class Address:
    """The address of this list, and of its neighbours: only parameters that the list understands are kept."""

    def __init__(self, path: str, given: QueryDict, names: list[str]):
        self.path = path
        self.kept = {name: given[name] for name in names if given.get(name)}

    def but(self, **changes: str | None) -> str:
        """The address with parameters changed (None: taken away)."""
        query = QueryDict(mutable=True)
        for name, value in (self.kept | changes).items():
            if value:
                query[name] = value
        return f"{self.path}?{query.urlencode()}" if query else self.path


def elided(page: Page, address: Address) -> list[tuple[str, str]]:
    """(number or …, address) of the pages around this one."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return [
        (str(number), address.but(page=str(number)) if isinstance(number, int) else "") for number in numbers
    ]


class Order:
    """What a list is sorted by: a column of the allow-list, or the kind's default. Anything else is ignored."""

    def __init__(self, kind: Kind, asked: str):
        columns = {column.name: column for column in kind.columns if column.sort}
        self.asked = asked if asked.removeprefix("-") in columns else ""
        by = self.asked or kind.default_sort
        self.name, self.down = by.removeprefix("-"), by.startswith("-")
        chosen = columns[self.name].sort if self.name in columns else (self.name,)
        tie = () if "number" in chosen or not hasattr(kind.model, "number") else ("-number",)
        sign = "-" if self.down else ""
        self.columns = [f"{sign}{name}" for name in chosen] + [*tie, "pk"]

    def headings(self, kind: Kind, address: Address) -> list[Heading]:
        found = []
        for column in kind.columns:
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


class RecordList(KindView):
    """A page of the records that exist for whoever asks. Works without a script; htmx swaps the part `#list`."""

    def get(self, request):
        kind, user = self.kind, request.user
        everything = kind.model.objects.visible_to(user)
        filters = kind.filterset_class(request.GET, everything, actor=user)
        address = Address(request.path, request.GET, [*filters.filters, "sort"])
        order = Order(kind, request.GET.get("sort", ""))
        found = kind.fetching(filters.qs.order_by(*order.columns), user)
        page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
        kind.prepare(page.object_list, user)
        context = {
            "kind": kind,
            "filters": filters,
            "page": page,
            "pages": elided(page, address),
            "headings": order.headings(kind, address),
            "sort": order.asked,
            "chips": self._chips(filters, address),
            "tabs": self._tabs(filters, address),
            "may_add": user.may("add", kind.model),
        }
        return render(request, "web/list.html", context)

    def _chips(self, filters, address) -> list[Chip]:
        return [Chip(label, value, address.but(**{name: None})) for name, label, value in filters.in_force()]

    def _tabs(self, filters, address) -> list[Tab]:
        given = {name: value for name, value in address.kept.items() if name != "sort"}
        tabs = []
        for shortcut in self.kind.shortcuts:
            if set(shortcut.filters) <= set(filters.filters):
                clear = dict.fromkeys(given)
                url = address.but(**(clear | shortcut.filters))
                tabs.append(Tab(shortcut.label, url, given == shortcut.filters))
        return tabs
