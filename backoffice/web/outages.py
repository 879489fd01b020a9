"""Error pages while the database is unavailable or the disk is full. Nothing in this module may need the
database."""

import logging
import sys

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from backoffice.accounts.preserved_forms import UNAVAILABLE, UNKNOWN, preserve
from backoffice.db.health import RETRY_AFTER, is_disk_full, is_full, is_unavailable
from backoffice.db.transactions import commits_begun
from backoffice.web.preserved_forms import is_by_script, preserved_form_context, script_answer

logger = logging.getLogger("backoffice.web")


def unavailable_response(error: BaseException, request: HttpRequest | None = None) -> HttpResponse:
    """Return a 503 response, or 507 if the file disk is full. After a POST, the page carries the preserved
    input and tells whether it may have been saved."""
    status, message = 503, _("The database is not available. Try again in a moment.")
    if is_disk_full(error):
        status, message = 507, _("The server has run out of disk space. Nothing was saved.")
    logger.warning("%s: %s", "The disk is full" if status == 507 else "The database does not answer", error)
    context: dict[str, object] = {}
    if request is not None and request.method not in ("GET", "HEAD"):
        is_unknown = commits_begun() != getattr(request, "commits_begun", commits_begun())
        form = preserve(request, UNKNOWN if is_unknown else UNAVAILABLE)
        context = {
            "is_sent": True,
            "is_unknown": is_unknown,
            "token": get_token(request),
        } | preserved_form_context(form)
        if is_by_script(request):
            return script_answer(status, message)
    template = f"{status}.html"
    page = render_to_string(template, {"is_full": is_full(error)} | context)
    return HttpResponse(page, status=status, headers={"Retry-After": str(RETRY_AFTER)})


class DatabaseUnavailableMiddleware:
    """Answers requests, including those to Django admin, that failed because the database is unavailable."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.commits_begun = commits_begun()
        return self.get_response(request)

    def process_exception(self, request, exception):
        if is_unavailable(exception) or is_disk_full(exception):
            return unavailable_response(exception, request)
        return None


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle unexpected errors (`handler500`). Errors raised in other middleware, such as when the session is
    saved, do not reach `process_exception` and are handled here, too."""
    error = sys.exc_info()[1]
    if error is not None and (is_unavailable(error) or is_disk_full(error)):
        return unavailable_response(error, request)
    page = render_to_string("500.html", {"request_id": getattr(request, "request_id", "")})
    return HttpResponse(page, status=500)
