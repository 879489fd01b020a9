"""What is asked of somebody's session before their page is made."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from backoffice.accounts.sessions import renew
from backoffice.accounts.totp import is_required
from backoffice.db.health import is_away
from backoffice.web.outages import away_page

BEFORE = {"web:second_factor", "web:password_again", "web:sign_out", "web:sign_out_everywhere"}
"""Where somebody gets who has yet to set up the second factor that they need."""


class SessionsMiddleware:
    """Sessions in use go on, and who needs a second factor is led to it. What speaks JSON is left alone: it takes
    keys, and no cookies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        try:
            return self._first(request, view)
        except Exception as error:
            if is_away(error):  # what is raised here, no other middleware sees
                return away_page(error, request)
            raise

    def _first(self, request, view):
        """Where this person has to go before they get what they asked for, if anywhere."""
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or getattr(view, "csrf_exempt", False):
            return None
        if not request.user.is_authenticated:
            return None
        renew(request)
        if (
            settings.SECOND_FACTOR_GROUPS
            and not request.user.has_second_factor
            and request.resolver_match.view_name not in BEFORE
            and is_required(request.user)
        ):
            leads = HttpResponseClientRedirect if request.htmx else HttpResponseRedirect
            return leads(reverse("web:second_factor"))
        return None
