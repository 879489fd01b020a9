"""The admin site."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext_lazy as _

from backoffice.records.models import History

RECENT = 10


class BackOfficeSite(AdminSite):
    """The admin site. Users sign in, sign out and choose passwords on the main site."""

    site_header = _("Caretaker administration")
    site_title = _("Caretaker")
    index_title = _("Site administration")

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
        """Show the models and the latest changes."""
        history = self.get_model_admin(History)
        may_read = history.has_view_permission(request)
        recent = history.rows(request).order_by("-at", "-id")[:RECENT] if may_read else []
        return super().index(
            request, {"recent": recent, "may_read_history": may_read, **(extra_context or {})}
        )

    def autocomplete_view(self, request):
        """Answer 404: no field of ours uses Django's autocomplete."""
        raise Http404
