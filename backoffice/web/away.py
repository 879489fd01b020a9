"""What a browser is shown while the database is away: that it is, and to try again. On its own by design: nothing
here may need the database."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from backoffice.records.availability import RETRY_AFTER, is_away, is_full

logger = logging.getLogger("backoffice.web")


def away_page(error: BaseException) -> HttpResponse:
    logger.warning("The database does not answer: %s", error)
    page = render_to_string("503.html", {"is_full": is_full(error)})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER)})


class DatabaseAwayMiddleware:
    """Answers for every page, admin's included, that met a database that is away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        return away_page(exception) if is_away(exception) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """The page of every error that nobody expected. Those of other middleware come here only, such as of a session
    that could not be saved."""
    error = sys.exc_info()[1]
    if error is not None and is_away(error):
        return away_page(error)
    page = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)
