"""The admin site."""

from django.apps import apps
from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.admin.groups import AdminGroup, group_of_app
from backoffice.records.history import describe_action
from backoffice.records.models import History

RECENT = 10


class BackOfficeSite(AdminSite):
    """The admin site. Users sign in, sign out and choose passwords on the main site."""

    site_header = _("Caretaker administration")
    site_title = _("Caretaker")
    index_title = _("Administration")

    def each_context(self, request):
        return {**super().each_context(request), "product_version": settings.VERSION}

    def get_app_list(self, request, app_label=None):
        """Return the groups of the index and the navigation, or of the page of an app, with the model admins that
        the user may see, in the order of their registration."""
        found: dict[AdminGroup, list[dict]] = {}
        entries = {
            entry["model"]: entry
            for app in super().get_app_list(request, app_label)
            for entry in app["models"]
        }
        for model, model_admin in self._registry.items():
            group = model_admin.group or group_of_app(model_admin.opts.app_config)
            if model in entries and (group.is_listed or app_label):
                entry = {
                    "name": capfirst(model_admin.opts.verbose_name_plural),
                    "summary": model_admin.summary,
                }
                found.setdefault(group, []).append(entries[model] | entry)
        return [
            {"name": group.title, "app_label": group.slug, "app_url": _app_url(group), "models": models}
            for group, models in sorted(found.items(), key=lambda item: item[0].order)
        ]

    def admin_view(self, view, cacheable=False):
        """Answer 403 to signed-in users without access: another sign-in page would confuse them."""
        guarded = super().admin_view(view, cacheable)

        def inner(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return guarded(request, *args, **kwargs)

        return inner

    def login(self, request, extra_context=None):
        """Redirect to the sign-in page of the main site."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next") or resolve_url("admin:index"), settings.LOGIN_URL)

    def logout(self, request, extra_context=None):
        """Sign out by the button only: opening the URL leads to the index page."""
        if request.method in ("GET", "HEAD"):
            return redirect("admin:index")
        return super().logout(request, extra_context)

    def password_change(self, request, extra_context=None):
        """Redirect to the main site: Django's view would bypass the write service."""
        return redirect(settings.PASSWORD_CHANGE_URL)

    def password_change_done(self, request, extra_context=None):
        return redirect("admin:index")

    def index(self, request, extra_context=None):
        """Show the models and the latest changes, with the authors that the user may know."""
        history = self.get_model_admin(History)
        may_read = history.has_view_permission(request)
        recent = list(history.rows(request).order_by("-at", "-id")[:RECENT]) if may_read else []
        for row in recent:
            author = apps.get_model(row.record_type).visible_author(row, request.user)
            row.sentence = describe_action(author, row.action)
        return super().index(
            request, {"recent": recent, "may_read_history": may_read, **(extra_context or {})}
        )

    def app_index(self, request, app_label, extra_context=None):
        """Show the models of an app, with the lists of its records."""
        if app_label not in apps.app_configs:
            raise Http404
        title = apps.get_app_config(app_label).verbose_name
        return super().app_index(request, app_label, {"title": title, **(extra_context or {})})

    def autocomplete_view(self, request):
        """Answer 404: no field of ours uses Django's autocomplete."""
        raise Http404


def _app_url(group: AdminGroup) -> str:
    """Return the URL of the page of an app for the group of an app; empty for a group of several apps."""
    is_of_app = group.slug in apps.app_configs and group == group_of_app(apps.get_app_config(group.slug))
    return reverse("admin:app_list", args=[group.slug]) if is_of_app else ""
