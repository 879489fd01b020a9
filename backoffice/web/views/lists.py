"""The list of a record model. Search, filters, order, columns and page are all in the query string."""

from dataclasses import dataclass

from django.core.paginator import Page
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from backoffice.lists.models import SavedView
from backoffice.lists.pagination import BoundedCount, BoundedPaginator
from backoffice.lists.saved_views import list_settings, saved_views_of
from backoffice.web.components.table_rows import TableRows
from backoffice.web.listing import EVERYTHING, RecordListing, columns_to_choose, elide_pages
from backoffice.web.mixins import RecordTypeView
from backoffice.web.page_state import build_query

PAGE_SIZE = 25
COUNTED_VIEWS = 12
"""How many saved views are shown with the number of their records."""


@dataclass(frozen=True)
class ListTab:
    """A shortcut of the view set, or a saved view; `count` is the number of its records."""

    label: str
    url: str
    current: bool
    count: BoundedCount | None = None
    view: SavedView | None = None
    problem: str = ""
    """The errors of the view's filters."""


class RecordListView(RecordTypeView):
    """A page of the records that the user may see. It works without JavaScript; htmx swaps the part
    `#list`."""

    def get(self, request):
        viewset, user = self.viewset, request.user
        choice = list_settings(user, viewset.model)
        views = saved_views_of(user, viewset.model)
        default = next((view for view in views if view.pk == choice.default_view_id), None)
        if default is not None and default.query and not request.GET:
            return redirect(f"{viewset.url('list')}?{default.query}")
        empty = EVERYTHING if default is not None else None
        listing = RecordListing(viewset, user, request.GET, choice, empty)
        if any(request.GET[name] != value for name, value in listing.requested_filters.items()):
            # Use canonical values in the URL: a date as typed would mean another day in another language.
            return redirect(listing.address.url_with())
        state_query = build_query(viewset, list=listing.address.query)  # before the records are read
        page = BoundedPaginator(listing.queryset, PAGE_SIZE).get_page(request.GET.get("page"))
        viewset.prefetch_columns(page.object_list, user, listing.columns)
        address = listing.address
        list_url = address.url_with(page=request.GET.get("page") if page.number > 1 else None)
        rows = TableRows(viewset, user, listing.columns, list_url)
        chips, tabs = self._chips(listing), [*self._shortcut_tabs(listing), *self._view_tabs(views, listing)]
        context = {
            "viewset": viewset,
            "filters": listing.filters,
            "page": page,
            "pages": elide_pages(page, address),
            "headings": listing.headings,
            "columns": columns_to_choose(viewset, user, listing.columns),
            "requested_columns": request.GET.get("columns", "") if "columns" in address.params else "",
            "sort": listing.order.requested,
            "chips": chips,
            "title_parts": _title_parts(tabs, chips, page),
            "problems": self._problems(listing),
            "tabs": tabs,
            "views": views,
            "query": address.query,
            "state_query": state_query,
            "rows": rows.render(page.object_list),
            "ids_shown": rows.render_ids(page.object_list),
            "everything_url": address.url_of({}),
            "has_default": default is not None,
            "may_add": user.may("add", viewset.model),
            "may_take": viewset.may_be_taken_by(user),
            "may_change": rows.may_change,
            "may_remove": rows.may_change and user.may("delete", viewset.model),
            "quick": viewset.quick_columns if rows.may_change else (),
        }
        return render(request, "web/lists/list.html", context)

    def _chips(self, listing: RecordListing) -> list[tuple[str, str, str]]:
        """Return (label, value, URL of the list without it) of each active filter."""
        url_with = listing.address.url_with
        return [
            (label, value, url_with(**{name: None}))
            for name, label, value in listing.filters.active_filters()
        ]

    def _problems(self, listing: RecordListing) -> list[tuple[str, str, str]]:
        """Return (label, error, URL of the list without it) of each invalid filter."""
        url_with, known = listing.address.url_with, listing.filters.filters
        unknown = {name: None for name in listing.requested_filters if name not in known}
        return [
            (label, message, url_with(**({name: None} if name else unknown)))
            for name, label, message in listing.filters.problems()
        ]

    def _shortcut_tabs(self, listing: RecordListing) -> list[ListTab]:
        requested = listing.requested_filters
        return [
            ListTab(
                shortcut.label,
                listing.address.url_with(**(dict.fromkeys(requested) | shortcut.filters)),
                requested == shortcut.filters,
            )
            for shortcut in self.viewset.shortcuts
            if listing.filters.supports(shortcut.filters)
        ]

    def _view_tabs(self, views: list[SavedView], listing: RecordListing) -> list[ListTab]:
        """Return the saved views. Count their records when the page is opened, not each time htmx swaps a
        part of it."""
        params, tabs = listing.address.params, []
        for index, view in enumerate(views):
            view_listing = RecordListing.from_query(self.viewset, self.request.user, view.query)
            view_params = view_listing.address.params
            count, problem = None, ""
            if index < COUNTED_VIEWS and not self.request.htmx:
                problem = view_listing.filters.problem_text()
                count = None if problem else view_listing.count()
            url = listing.address.url_of(view_params)
            tabs.append(ListTab(view.name, url, params == view_params, count, view, problem))
        return tabs


def _title_parts(tabs: list[ListTab], chips: list[tuple[str, str, str]], page: Page) -> list[str]:
    """Return what names a page of a list in the browser's tabs and history: its view, shortcut or filters,
    and the page number."""
    names = [tab.label for tab in tabs if tab.current and (chips or tab.view)][-1:]
    names = names or [f"{label}: {value}" for label, value, _url in chips]
    return [*names, _("Page %(label)s") % {"label": page.number}] if page.number > 1 else names
