"""Second factor: the code at sign-in, setup and removal on the account page, and reauthentication."""

import time
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth import get_user_model, login, update_session_auth_hash
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.accounts import reauthentication, throttle, totp
from backoffice.accounts.events import OK, WAIT, WRONG, log_event
from backoffice.accounts.preserved_forms import SESSION_FIELD, PreservedForm, store_form, stored_form
from backoffice.web.language import set_preferred_language
from backoffice.web.mixins import SignedInView, browser_context

PENDING = "password_was_right"
PENDING_SECONDS = 600
"""How long after the password the code is accepted."""


def redirect_to_code(
    request: HttpRequest, user, next_url: str, preserved: PreservedForm | None = None
) -> HttpResponse:
    """Redirect to the page for the code after a correct password; the user is not signed in yet. A preserved
    form of this user is kept in the session."""
    request.session.cycle_key()
    request.session.pop(SESSION_FIELD, None)
    if preserved is not None and preserved.user_id == user.pk:
        request.session[SESSION_FIELD] = preserved.seal()
    request.session[PENDING] = {
        "user": user.pk,
        "at": int(time.time()),
        "tied": user.get_session_auth_hash(),
        "backend": user.backend,
    }
    return redirect(f"{reverse('web:sign_in_code')}?{urlencode({'next': next_url})}")


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SignInCodeView(RedirectURLMixin, View):
    """The second step of sign-in: asks for the code."""

    next_page = "web:home"

    def dispatch(self, request, *args, **kwargs):
        self.user = self._pending_user()
        if self.user is None:
            return redirect(f"{reverse('web:sign_in')}?{urlencode({'next': self.get_redirect_url()})}")
        return super().dispatch(request, *args, **kwargs)

    def _pending_user(self):
        """Return the user whose password was right recently; None if their password or right to sign in has
        changed since."""
        pending = self.request.session.get(PENDING)
        if not pending or not 0 <= time.time() - pending["at"] < PENDING_SECONDS:
            return None
        user = get_user_model()._base_manager.filter(pk=pending["user"]).first()
        if (
            user is None
            or not user.can_sign_in
            or not constant_time_compare(user.get_session_auth_hash(), pending["tied"])
        ):
            return None
        user.backend = pending["backend"]
        return user

    def get(self, request):
        return self.page()

    def post(self, request):
        code = request.POST.get("code", "")[:100]
        attempt = throttle.code_attempt(request, self.user, is_recovery_code=not totp.is_app_code(code))
        if wait := attempt.acquire():
            log_event("second factor", WAIT, user=self.user)
            response = self.page(throttle.wait_message(wait), 429)
            response.headers["Retry-After"] = str(wait)
            return response
        if not totp.verify_code(self.user, code, browser_context(request)):
            log_event("second factor", WRONG, user=self.user)
            return self.page(_("This code is wrong or has already been used. Wait for the next one."))
        attempt.release()
        log_event("second factor", OK, user=self.user)
        del request.session[PENDING]
        login(request, get_user_model()._base_manager.get(pk=self.user.pk), self.user.backend)
        preserved = stored_form(request)
        response = redirect(store_form(request, preserved) or self.get_success_url())
        throttle.remember_device(request, response, self.user)
        set_preferred_language(response, self.user)
        return response

    def page(self, error="", status=200):
        context = {"error": error, "next": self.get_redirect_url()}
        return _not_stored(TemplateResponse(self.request, "web/account/code.html", context, status=status))


@method_decorator(sensitive_post_parameters(), name="dispatch")
class SecondFactorView(SignedInView):
    """The user's own second factor. The POST field `does` is `confirm` (set it up), `codes` (new recovery
    codes) or `remove`."""

    def dispatch(self, request, *args, **kwargs):
        return reauthentication.require_password(request) or super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.page()

    def post(self, request):
        actions = {"confirm": self.confirm, "codes": self.replace_codes, "remove": self.remove}
        action = actions.get(request.POST.get("does"))
        if action is None or (action == self.confirm) == request.user.has_second_factor:
            return redirect("web:second_factor")
        return action()

    def confirm(self):
        request = self.request
        factor = totp.TotpSetup(request.user, request.POST.get("secret", ""))
        attempt = throttle.setup_code_attempt(request.user)
        if wait := attempt.acquire():
            return self.page(factor, throttle.wait_message(wait), 429)
        code = "".join(request.POST.get("code", "").split())
        result = factor.confirm(code, browser_context(request))
        if result is None:
            return self.page(factor, _("Wrong code. Enter the one that the app shows now."))
        attempt.release()
        record, codes = result
        update_session_auth_hash(
            request, record
        )  # the new factor changes the hash and would end this session
        return self.codes_page(codes)

    def replace_codes(self):
        return self.codes_page(totp.make_recovery_codes(self.request.user, browser_context(self.request)))

    def remove(self):
        request = self.request
        update_session_auth_hash(
            request, totp.remove_second_factor(request.user, request.user, browser_context(request))
        )
        messages.success(request, _("Two-factor sign-in has been removed."))
        return redirect("web:account")

    def page(self, factor=None, error="", status=200):
        user = self.request.user
        context = {
            "required": totp.requires_second_factor(user),
            "error": error,
            "left": len(user.recovery_codes),
        }
        if not user.has_second_factor:
            context["factor"] = factor or totp.TotpSetup(user)
        return _not_stored(
            TemplateResponse(self.request, "web/account/second_factor.html", context, status=status)
        )

    def codes_page(self, codes):
        preserved = stored_form(self.request)
        text = "".join(f"{code}\r\n" for code in codes)
        context = {
            "codes": codes,
            "download": f"data:text/plain;charset=utf-8,{quote(text)}",
            "next": preserved.page if preserved else reverse("web:account"),
        }
        return _not_stored(TemplateResponse(self.request, "web/account/recovery_codes.html", context))


@method_decorator(sensitive_post_parameters(), name="dispatch")
class ReauthenticationView(RedirectURLMixin, SignedInView):
    """Asks for the password again before a sensitive page."""

    next_page = "web:account"

    def get(self, request):
        return reauthentication.password_page(request)

    def post(self, request):
        return reauthentication.check_submitted_password(request) or redirect(self.get_success_url())


def _not_stored(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
