"""CSRF failure view, which preserves the input if the form's request key proves who typed it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.accounts.preserved_forms import EXPIRED, preserve
from backoffice.db.search import fold
from backoffice.web.preserved_forms import answer_expired, is_by_script, script_answer
from backoffice.web.redirects import redirect_target
from backoffice.web.views.auth import sign_in_again


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a POST whose CSRF token is missing or wrong. The view has not run."""
    if request.path == reverse("web:sign_in"):
        return answer_sign_in(request)
    if answer := answer_expired(request):
        return answer
    if is_by_script(request):
        return script_answer(403, _("This page has expired; nothing was sent. Try again."))
    return render(request, "403_csrf.html", status=403)


def answer_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer a stale sign-in form: continue if the same user has signed in meanwhile, else ask to sign in
    again."""
    name = request.POST.get("username", "")
    if request.user.is_authenticated and fold(name) in (
        fold(request.user.username),
        fold(request.user.email),
    ):
        return redirect(redirect_target(request, reverse("web:home")))
    if request.user.is_authenticated:
        return render(request, "web/account/other_person.html", status=403)
    return sign_in_again(request, preserve(request, EXPIRED))
