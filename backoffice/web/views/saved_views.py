"""Column settings and saved views of a list."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from backoffice.accounts.request_keys import content_key
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
from backoffice.records.idempotency import create_once
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import RecordTypeView


class ListSettingsBaseView(RecordTypeView):
    """A view about the list whose query string is in the form."""

    def listing(self) -> RecordListing:
        user = self.request.user
        query = self.request.POST.get("query", "")
        return RecordListing.from_query(self.viewset, user, query, list_settings(user, self.viewset.model))


def move_name(names: list[str], name: str, step: int) -> list[str]:
    """Return the names with one of them moved by `step` places."""
    if name not in names:
        return names
    others = [other for other in names if other != name]
    index = min(max(names.index(name) + step, 0), len(others))
    return [*others[:index], name, *others[index:]]


class ColumnsView(ListSettingsBaseView):
    """Saves the chosen columns of a list in the submitted order, after moving one of them up or down if
    requested."""

    http_method_names = ["post"]

    def post(self, request):
        listing = self.listing()
        known = {column.name for column in self.viewset.all_columns if not column.is_link}
        names = [name for name in dict.fromkeys(request.POST.getlist("column")) if name in known]
        names = move_name(names, request.POST.get("up", ""), -1)
        names = move_name(names, request.POST.get("down", ""), 1)
        default_names = [column.name for column in self.viewset.columns if not column.is_link]
        if "usual" in request.POST or names == default_names:
            names = []
        update_list_settings(request.user, self.viewset.model, columns=names)
        back = listing.address.url_with(columns=None) if listing.address.params else self.viewset.url("list")
        # After moving a column, return to the menu (it is an anchor without JavaScript) to move another.
        return redirect(f"{back}#columns-shown" if {"up", "down"} & set(request.POST) else back)


class SavedViewsView(ListSettingsBaseView):
    """The user's saved views of a list; a POST saves a new one."""

    def page(self, renamed: SavedView | None = None, **extra):
        """Render the views. `renamed` is a view that failed validation, with its submitted values."""
        user = self.request.user
        views = saved_views_of(user, self.viewset.model)
        default = list_settings(user, self.viewset.model).default_view_id
        rows = [
            {
                "view": view,
                "sent": renamed if view == renamed else view,
                "url": f"{self.viewset.url('list')}?{view.query}" if view.query else self.viewset.url("list"),
                "is_default": view.pk == default,
                "is_own": view.owner_id == user.pk,
                "may_remove": may_remove(view, user),
                **self._describe_filters(view),
            }
            for view in views
        ]
        context = {"viewset": self.viewset, "rows": rows, **extra}
        return render(self.request, "web/lists/saved_views.html", context)

    def _describe_filters(self, view: SavedView) -> dict:
        filters = RecordListing.from_query(self.viewset, self.request.user, view.query).filters
        active = [(label, value) for _name, label, value in filters.active_filters()]
        return {"filters": active, "problem": filters.problem_text()}

    def get(self, request):
        return self.page()

    def post(self, request):
        listing = self.listing()
        columns = ",".join(column.name for column in listing.columns)
        name = request.POST.get("name", "")
        try:
            if problem := listing.filters.problem_text():
                raise ValidationError(problem)
            query = listing.address.url_with(columns=columns).partition("?")[2]
            view = create_once(
                content_key(request),
                lambda: save_view(request.user, self.viewset.model, name, query, "shared" in request.POST),
                lambda pk: (
                    SavedView.objects.usable_by(self.viewset.model, request.user).filter(pk=pk).first()
                ),
            )
            if view is None:
                return redirect(self.viewset.url("views"))
        except ValidationError as error:
            unsaved = {"name": name, "query": listing.address.query, "ticked": request.POST}
            return self.page(problem=" ".join(error.messages), unsaved=unsaved)
        if "default" in request.POST:
            update_list_settings(request.user, self.viewset.model, default_view=view)
        messages.success(request, _("Saved as “%(name)s”.") % {"name": view.name})
        return redirect(f"{self.viewset.url('list')}?{view.query}")


class SavedViewView(SavedViewsView):
    """Renames, shares or deletes a saved view, or makes it the default of its list."""

    http_method_names = ["post"]

    def page_url(self):
        return self.viewset.url("views")

    def post(self, request, pk):
        user = request.user
        view = get_object_or_404(SavedView.objects.usable_by(self.viewset.model, user), pk=pk)
        do = request.POST.get("do")
        if do == "default":
            update_list_settings(user, self.viewset.model, default_view=view)
            message = _("“%(name)s” is now the default view.")
        elif do == "no-default":
            update_list_settings(user, self.viewset.model, default_view=None)
            message = _("The list now has no default view.")
        elif do == "remove":
            if not may_remove(view, user):
                raise PermissionDenied
            remove_view(view)
            message = _("“%(name)s” has been deleted.")
        else:
            if view.owner_id != user.pk:
                raise PermissionDenied
            try:
                rename_view(view, request.POST.get("name", ""), "shared" in request.POST)
            except ValidationError as error:
                return self.page(view, problem=" ".join(error.messages))
            message = _("Saved: “%(name)s”.")
        messages.success(request, message % {"name": view.name})
        return redirect(self.viewset.url("views"))


def may_remove(view: SavedView, user) -> bool:
    """Return whether the user may delete a view: owners their own, and who may delete users also shared
    ones."""
    return view.owner_id == user.pk or (view.shared and user.may("delete", User))
