"""Asking for the password again, before what would be worst in the wrong hands: whoever sits down at a browser that
was left open does not make keys, and makes nobody an administrator.

It is asked for before a form opens. If the time has run out when the form is sent, the page that asks has all that
was typed in it (except passwords, which no page repeats), and sends it on.
"""

import time
from functools import wraps

from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice.accounts import preserved_forms
from backoffice.accounts.events import WAIT, WRONG, log_event
from backoffice.accounts.throttle import password_attempt, wait_message

CONFIRMED = "confirmed_at"
SECONDS = 600
"""For how long a password counts as just given."""
FIELD = "password-again"


def remember(request: HttpRequest) -> None:
    """The password was given just now."""
    request.session[CONFIRMED] = int(time.time())


def is_recent(request: HttpRequest) -> bool:
    """Whether the password was given not long ago."""
    return 0 <= time.time() - request.session.get(CONFIRMED, 0) < SECONDS


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """What to answer before anything else: the page that asks for the password. None if it need not be asked, or was
    told with this very request."""
    if not request.user.is_authenticated or is_recent(request):
        return None
    if request.method != "POST":
        return redirect(f"{reverse('web:password_again')}?{urlencode({'next': request.get_full_path()})}")
    refusal = check_password_sent(request) if FIELD in request.POST else needs_password(request)
    if refusal is None:
        form = preserved_forms.open_form(request.POST.get(preserved_forms.FIELD, ""))
        if form is not None and (form.user_id, form.path) == (request.user.pk, request.get_full_path()):
            if form.has_secrets:  # what was left out has to be typed again
                return redirect(preserved_forms.store_form(request, form))
            request.POST = form.data
        else:
            request.POST = request.POST.copy()
            del request.POST[FIELD]
    return refusal


def requires_password(view):
    """Decorator: a view for which `ask_again` is asked first."""

    @wraps(view)
    def asking_first(request, *args, **kwargs):
        return ask_again(request) or view(request, *args, **kwargs)

    return asking_first


def check_password_sent(request: HttpRequest) -> HttpResponse | None:
    """Take the password that was sent; the page that asks once more if it is wrong."""
    tries = password_attempt(request.user)
    if wait := tries.acquire():
        log_event("password again", WAIT, user=request.user)
        response = needs_password(request, wait_message(wait), status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    # The request's own user is a proxy, and a hash made anew would be written to it alone.
    person = get_user_model()._base_manager.get(pk=request.user.pk)
    if not person.check_password(request.POST.get(FIELD, "")):
        log_event("password again", WRONG, user=request.user)
        return needs_password(request, _("That is not your password."))
    tries.release()
    remember(request)
    return None


def is_sent(request: HttpRequest) -> bool:
    """Whether a request brings a form that goes on when the password was right."""
    return request.method == "POST" and request.path != reverse("web:password_again")


def needs_password(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    """The page that asks, with what was typed on the one before."""
    form = (
        preserved_forms.preserve(request, preserved_forms.CONFIRM, request.user.pk)
        if is_sent(request)
        else None
    )
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
