"""What somebody keeps of a list: its columns, and views under names of their own."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from backoffice.accounts.request_keys import whole_key
from backoffice.lists.models import SavedView
from backoffice.lists.saved_views import (
    list_settings,
    remove_view,
    rename_view,
    save_view,
    saved_views_of,
    update_list_settings,
)
from backoffice.people.models import User
from backoffice.records.idempotency import make_once
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import RecordTypeView


class ListSettingsMixin(RecordTypeView):
    """About the list whose query was sent along."""

    def listing(self) -> RecordListing:
        user = self.request.user
        query = self.request.POST.get("query", "")
        return RecordListing.of_query(self.kind, user, query, list_settings(user, self.kind.model))


def moved(names: list[str], name: str, step: int) -> list[str]:
    """Names in their order, with one of them a step further up or down."""
    if name not in names:
        return names
    at = names.index(name)
    others = [each for each in names if each != name]
    to = min(max(at + step, 0), len(others))
    return [*others[:to], name, *others[to:]]


class ColumnsView(ListSettingsMixin):
    """Keeps the columns that somebody chose, in the order in which they were sent, one of them moved up or down."""

    http_method_names = ["post"]

    def post(self, request):
        listing = self.listing()
        known = {column.name for column in self.kind.all_columns if not column.leads}
        names = [name for name in dict.fromkeys(request.POST.getlist("column")) if name in known]
        names = moved(names, request.POST.get("up", ""), -1)
        names = moved(names, request.POST.get("down", ""), 1)
        usual = [column.name for column in self.kind.columns if not column.leads]
        if "usual" in request.POST or names == usual:
            names = []
        update_list_settings(request.user, self.kind.model, columns=names)
        back = listing.address.but(columns=None) if listing.address.kept else self.kind.url("list")
        # Whoever moves one has perhaps another to move: without a script, the menu is where they come back to.
        return redirect(f"{back}#columns-shown" if {"up", "down"} & set(request.POST) else back)


class SavedViewsView(ListSettingsMixin):
    """All views of a list that somebody has; and a new one is made here."""

    def page(self, renamed: SavedView | None = None, **more):
        """Show the views; `renamed` is one that could not be saved, as it was sent."""
        user = self.request.user
        views = saved_views_of(user, self.kind.model)
        default = list_settings(user, self.kind.model).default_view_id
        rows = [
            {
                "view": view,
                "sent": renamed if view == renamed else view,
                "url": f"{self.kind.url('list')}?{view.query}" if view.query else self.kind.url("list"),
                "is_default": view.pk == default,
                "is_mine": view.owner_id == user.pk,
                "may_remove": may_remove(view, user),
                **self._in_words(view),
            }
            for view in views
        ]
        context = {"kind": self.kind, "rows": rows, **more}
        return render(self.request, "web/lists/saved_views.html", context)

    def _in_words(self, view: SavedView) -> dict:
        filters = RecordListing.of_query(self.kind, self.request.user, view.query).filters
        in_words = [(label, value) for _name, label, value in filters.in_force()]
        return {"filters": in_words, "problem": filters.problem_text()}

    def get(self, request):
        return self.page()

    def post(self, request):
        listing = self.listing()
        kept = listing.address.kept | {"columns": ",".join(column.name for column in listing.columns)}
        name = request.POST.get("name", "")
        try:
            if problem := listing.filters.problem_text():
                raise ValidationError(problem)
            query = listing.address.of(kept).partition("?")[2]
            view = make_once(
                whole_key(request),
                lambda: save_view(request.user, self.kind.model, name, query, "shared" in request.POST),
                lambda pk: SavedView.objects.of(self.kind.model, request.user).filter(pk=pk).first(),
            )
            if view is None:
                return redirect(self.kind.url("views"))
        except ValidationError as error:
            sent = {"name": name, "query": listing.address.query, "ticked": request.POST}
            return self.page(problem=" ".join(error.messages), again=sent)
        if "default" in request.POST:
            update_list_settings(request.user, self.kind.model, default_view=view)
        messages.success(request, _("Kept as “%(name)s”.") % {"name": view.name})
        return redirect(f"{self.kind.url('list')}?{view.query}")


class SavedViewView(SavedViewsView):
    """Renames a view, shares it, makes it the one that the list opens with, or removes it."""

    http_method_names = ["post"]

    def page_url(self):
        return self.kind.url("views")

    def post(self, request, pk):
        user = request.user
        view = SavedView.objects.of(self.kind.model, user).filter(pk=pk).first()
        if view is None:
            raise Http404
        do = request.POST.get("do")
        if do in ("default", "no-default"):
            update_list_settings(user, self.kind.model, default_view=view if do == "default" else None)
            said = (
                _("The list opens with “%(name)s” now.")
                if do == "default"
                else _("The list opens with everything now.")
            )
        elif do == "remove":
            if not may_remove(view, user):
                raise PermissionDenied
            remove_view(view)
            said = _("“%(name)s” is removed.")
        else:
            if view.owner_id != user.pk:
                raise PermissionDenied
            try:
                rename_view(view, request.POST.get("name", ""), "shared" in request.POST)
            except ValidationError as error:
                return self.page(view, problem=" ".join(error.messages))
            said = _("Saved: “%(name)s”.")
        messages.success(request, said % {"name": view.name})
        return redirect(self.kind.url("views"))


def may_remove(view: SavedView, user) -> bool:
    """One's own; and what a colleague left to all, for who looks after the colleagues."""
    return view.owner_id == user.pk or (view.shared and user.may("delete", User))
