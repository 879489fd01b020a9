"""Reauthentication: sensitive views ask for the password again, so that a browser left open cannot be used to
create API keys or appoint administrators.

The password is requested before a form opens. If the confirmation has expired when the form is submitted, the
reauthentication page carries the submitted values (except passwords, which no page repeats) and submits them
again.
"""

import time

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.accounts import preserved_forms
from backoffice.accounts.events import WAIT, WRONG, log_event
from backoffice.accounts.throttle import password_attempt, wait_message

CONFIRMED_AT = "confirmed_at"
SECONDS = 600
"""How long a password confirmation is valid."""
FIELD = "password-again"


def mark_confirmed(request: HttpRequest) -> None:
    """Note in the session that the user has just entered the password."""
    request.session[CONFIRMED_AT] = int(time.time())


def is_confirmed(request: HttpRequest) -> bool:
    """Return whether the user entered the password recently."""
    return 0 <= time.time() - request.session.get(CONFIRMED_AT, 0) < SECONDS


def require_password(request: HttpRequest) -> HttpResponse | None:
    """Return the response that asks for the password; None if it was entered recently, or with this
    request."""
    if not request.user.is_authenticated or is_confirmed(request):
        return None
    if request.method != "POST":
        return redirect(
            f"{resolve_url(settings.REAUTHENTICATION_URL)}?{urlencode({'next': request.get_full_path()})}"
        )
    response = check_submitted_password(request) if FIELD in request.POST else password_page(request)
    if response is None:
        form = preserved_forms.open_form(request.POST.get(preserved_forms.FIELD, ""))
        if form is not None and (form.user_id, form.path) == (request.user.pk, request.get_full_path()):
            if form.has_secrets:  # the user has to type the secrets again
                return redirect(preserved_forms.store_form(request, form))
            request.POST = form.data
        else:
            request.POST = request.POST.copy()
            del request.POST[FIELD]
    return response


def check_submitted_password(request: HttpRequest) -> HttpResponse | None:
    """Check the submitted password. Returns the page that asks again if it is wrong."""
    attempt = password_attempt(request.user)
    if wait := attempt.acquire():
        log_event("password again", WAIT, user=request.user)
        response = password_page(request, wait_message(wait), status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    # `request.user` is a lazy proxy: an upgraded password hash would be set on the proxy only.
    person = get_user_model()._base_manager.get(pk=request.user.pk)
    if not person.check_password(request.POST.get(FIELD, "")):
        log_event("password again", WRONG, user=request.user)
        return password_page(request, _("Wrong password. Try again."))
    attempt.release()
    mark_confirmed(request)
    return None


def password_page(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    """Render the page that asks for the password, with the values submitted on the previous page."""
    form = None
    if request.method == "POST" and request.path != resolve_url(settings.REAUTHENTICATION_URL):
        form = preserved_forms.preserve(request, preserved_forms.CONFIRM, request.user.pk)
    context = {
        "field": FIELD,
        "error": error,
        "preserved": form.seal() if form else "",
        "preserved_field": preserved_forms.FIELD,
        "is_too_long": form is not None and form.is_too_long,
        "minutes": SECONDS // 60,
    }
    response = TemplateResponse(request, "web/account/reauthentication.html", context, status=status)
    response.headers["Cache-Control"] = "no-store"
    return response
