"""The list of a kind of record: search, filters, sorting, columns and pages, all of it in the address."""

from dataclasses import dataclass

from django.core.paginator import Page
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from backoffice.lists.models import SavedView
from backoffice.lists.pagination import BoundedCount, BoundedPaginator
from backoffice.lists.saved_views import list_settings, saved_views_of
from backoffice.web.components.table_rows import TableRows
from backoffice.web.listing import EVERYTHING, RecordListing, columns_to_choose, elide_pages, understands
from backoffice.web.mixins import RecordTypeView

PAGE_SIZE = 25
COUNTED_VIEWS = 12
"""How many saved views are counted; the names of the others stand without a number."""


@dataclass(frozen=True)
class FilterChip:
    """A filter in force, and the address of the list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class FilterProblem:
    """A filter that is not understood, why, and the address of the list without it."""

    label: str
    message: str
    url: str


@dataclass(frozen=True)
class ListTab:
    """A shortcut of the kind, or a saved view; `count` is how many records it has."""

    label: str
    url: str
    current: bool
    count: BoundedCount | None = None
    view: SavedView | None = None
    problem: str = ""
    """Which of the view's filters are not understood."""


class RecordListView(RecordTypeView):
    """A page of the records that exist for whoever asks. Works without a script; htmx swaps the part `#list`."""

    def get(self, request):
        kind, user = self.kind, request.user
        choice = list_settings(user, kind.model)
        views = saved_views_of(user, kind.model)
        default = next((view for view in views if view.pk == choice.default_view_id), None)
        if default is not None and default.query and not request.GET:
            return redirect(f"{kind.url('list')}?{default.query}")
        empty = EVERYTHING if default is not None else None
        listing = RecordListing(kind, user, request.GET, choice, empty)
        if any(request.GET[name] != value for name, value in listing.filters_given.items()):
            return redirect(listing.address.but())  # a day as it was typed, which others read otherwise
        page = BoundedPaginator(listing.found, PAGE_SIZE).get_page(request.GET.get("page"))
        kind.ready(page.object_list, user, listing.columns)
        address = listing.address
        here = address.but(page=request.GET.get("page") if page.number > 1 else None)
        rows = TableRows(kind, user, listing.columns, here)
        chips, tabs = self._chips(listing), [*self._tabs(listing), *self._views(views, listing)]
        context = {
            "kind": kind,
            "filters": listing.filters,
            "page": page,
            "pages": elide_pages(page, address),
            "headings": listing.headings,
            "columns": columns_to_choose(kind, listing.columns),
            "columns_asked": request.GET.get("columns", "") if "columns" in address.kept else "",
            "sort": listing.order.asked,
            "chips": chips,
            "named": _names(tabs, chips, page),
            "problems": self._problems(listing),
            "tabs": tabs,
            "views": views,
            "query": address.query,
            "rows": rows.of(page.object_list),
            "ids_shown": rows.ids_of(page.object_list),
            "everything_url": address.of({}),
            "has_default": default is not None,
            "may_add": user.may("add", kind.model),
            "may_change": rows.may_change,
            "may_remove": rows.may_change and user.may("delete", kind.model),
            "quick": kind.quick_columns if rows.may_change else (),
        }
        return render(request, "web/lists/list.html", context)

    def _chips(self, listing: RecordListing) -> list[FilterChip]:
        but = listing.address.but
        return [
            FilterChip(label, value, but(**{name: None})) for name, label, value in listing.filters.in_force()
        ]

    def _problems(self, listing: RecordListing) -> list[FilterProblem]:
        but, known = listing.address.but, listing.filters.filters
        others = {name: None for name in listing.filters_given if name not in known}
        return [
            FilterProblem(label, message, but(**({name: None} if name else others)))
            for name, label, message in listing.filters.problems()
        ]

    def _tabs(self, listing: RecordListing) -> list[ListTab]:
        given = listing.filters_given
        return [
            ListTab(
                shortcut.label,
                listing.address.but(**(dict.fromkeys(given) | shortcut.filters)),
                given == shortcut.filters,
            )
            for shortcut in self.kind.shortcuts
            if understands(listing, shortcut)
        ]

    def _views(self, views: list[SavedView], listing: RecordListing) -> list[ListTab]:
        """The saved views. They are counted when the page is opened, not each time a part of it is swapped."""
        here, tabs = listing.address.kept, []
        for place, view in enumerate(views):
            theirs = RecordListing.of_query(self.kind, self.request.user, view.query)
            count, problem = None, ""
            if place < COUNTED_VIEWS and not self.request.htmx:
                problem = theirs.filters.problem_text()
                count = None if problem else theirs.count()
            url = listing.address.of(theirs.address.kept)
            tabs.append(ListTab(view.name, url, here == theirs.address.kept, count, view, problem))
        return tabs


def _names(tabs: list[ListTab], chips: list[FilterChip], page: Page) -> list[str]:
    """Name a page of a list for the browser's tabs and history: its view, shortcut or filters, and its number."""
    named = [tab.label for tab in tabs if tab.current and (chips or tab.view)][-1:]
    named = named or [f"{chip.label}: {chip.value}" for chip in chips]
    return [*named, _("Page %(label)s") % {"label": page.number}] if page.number > 1 else named
