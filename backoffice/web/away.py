"""What a browser is shown while the database is away: that it is, and to try again. On its own by design: nothing
here may need the database."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from backoffice.records.availability import RETRY_AFTER, is_away, is_full
from backoffice.records.transactions import commits_begun
from backoffice.signin.preserved_forms import AWAY, UNKNOWN, preserve
from backoffice.web.preserved_forms import carried, is_by_script, script_answer

logger = logging.getLogger("backoffice.web")


def away_page(error: BaseException, request: HttpRequest | None = None) -> HttpResponse:
    """Answer 503. After a POST the page carries what was typed, and says whether it is known not to be saved."""
    logger.warning("The database does not answer: %s", error)
    context: dict[str, object] = {}
    if request is not None and request.method not in ("GET", "HEAD"):
        is_unknown = commits_begun() != getattr(request, "commits_begun", commits_begun())
        form = preserve(request, UNKNOWN if is_unknown else AWAY)
        context = {"is_sent": True, "is_unknown": is_unknown, "token": get_token(request)} | carried(form)
        if is_by_script(request):
            return script_answer(503, _("The database is away or busy. Try again in a moment."))
    page = render_to_string("503.html", {"is_full": is_full(error)} | context)
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


class DatabaseAwayMiddleware:
    """Answers for every page, admin's included, that met a database that is away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.commits_begun = commits_begun()
        return self.get_response(request)

    def process_exception(self, request, exception):
        return away_page(exception, request) if is_away(exception) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of every error that nobody expected. Those of other middleware come here only, such as of a session
    that could not be saved."""
    error = sys.exc_info()[1]
    if error is not None and is_away(error):
        return away_page(error, request)
    page = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)
