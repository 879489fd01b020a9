"""Middleware that renews sessions and enforces the second factor."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from backoffice.accounts.sessions import renew
from backoffice.accounts.totp import requires_second_factor
from backoffice.db.health import is_unavailable
from backoffice.web.outages import unavailable_response

EXEMPT_VIEWS = {"web:second_factor", "web:reauthenticate", "web:sign_out", "web:sign_out_everywhere"}
"""The views that users may open before they have set up a required second factor."""


class SessionsMiddleware:
    """Renews the session of signed-in users, and redirects those who must set up a second factor. Skips the
    API, which authenticates by key and not by cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        try:
            return self._check_session(request, view)
        except Exception as error:
            if is_unavailable(error):  # exceptions in process_view do not reach process_exception
                return unavailable_response(error, request)
            raise

    def _check_session(self, request, view):
        """Renew the session. Return a redirect if the user must set up a second factor first, else None."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or getattr(view, "csrf_exempt", False):
            return None
        if not request.user.is_authenticated:
            return None
        if request.resolver_match.view_name != "page_state":  # which pages request by themselves
            renew(request)
        if (
            settings.SECOND_FACTOR_GROUPS
            and not request.user.has_second_factor
            and request.resolver_match.view_name not in EXEMPT_VIEWS
            and requires_second_factor(request.user)
        ):
            response_class = HttpResponseClientRedirect if request.htmx else HttpResponseRedirect
            return response_class(reverse("web:second_factor"))
        return None
