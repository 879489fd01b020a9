"""Sign-in, sign-out, passwords and sessions. Django's own views, with throttling
(`backoffice.accounts.throttle`); a new password is saved with `services.update`."""

from django import forms
from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import get_user_model, logout
from django.contrib.auth import views as auth_views
from django.contrib.auth.hashers import make_password
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.accounts import sessions, throttle
from backoffice.accounts.after_response import run_after_response
from backoffice.accounts.events import WAIT, WRONG, log_event
from backoffice.accounts.forms import SignInForm
from backoffice.accounts.invitations import InvitationTokens, find_host, is_open
from backoffice.accounts.preserved_forms import FIELD, PreservedForm, open_form, store_form
from backoffice.accounts.reset import find_user_of_link, forget_opened_link, has_opened_link, note_opened_link
from backoffice.accounts.reset_mail import queue_reset_mail
from backoffice.people.password_validation import PASSWORD_RULES
from backoffice.people.permission_labels import describe_permissions
from backoffice.people.usernames import email_key
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.exceptions import Conflict
from backoffice.records.models import ACTIVE
from backoffice.web.language import set_preferred_language
from backoffice.web.mixins import RedirectOnGetMixin, SignedInView
from backoffice.web.preserved_forms import preserved_form_context
from backoffice.web.redirects import redirect_target
from backoffice.web.views.second_factor import redirect_to_code


class ThrottledFormMixin:
    """A form view that answers 429 with `Retry-After` if the form sets `wait` (in seconds)."""

    def form_invalid(self, form):
        response = super().form_invalid(form)
        if wait := getattr(form, "wait", 0):
            response.status_code = 429
            response.headers["Retry-After"] = str(wait)
        return response


class SignInView(ThrottledFormMixin, auth_views.LoginView):
    template_name = "web/account/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    @cached_property
    def preserved(self) -> PreservedForm | None:
        """The form that the user had sent when their session ended; the sign-in page carries it."""
        return open_form(self.request.POST.get(FIELD) or self.request.GET.get(FIELD, ""))

    def dispatch(self, request, *args, **kwargs):
        if "change-person" in request.POST and self.preserved:
            logout(request)
            return sign_in_again(request, self.preserved)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | preserved_form_context(self.preserved)

    def form_valid(self, form):
        user = form.get_user()
        if user.has_second_factor:
            return redirect_to_code(self.request, user, self.get_redirect_url(), self.preserved)
        response = super().form_valid(form)
        if address := store_form(self.request, self.preserved):
            response = redirect(address)
        throttle.remember_device(self.request, response, user)
        set_preferred_language(response, user)
        return response


def sign_in_again(request: HttpRequest, preserved: PreservedForm | None) -> HttpResponse:
    """Render the sign-in page again after a stale one was submitted, with status 403."""
    address = redirect_target(request, reverse("web:home"))
    form = SignInForm(request, initial={"username": request.POST.get("username", "")})
    context = {"form": form, "next": address, "is_too_old": True} | preserved_form_context(preserved)
    return render(request, "web/account/sign_in.html", context, status=403)


class SignOutView(RedirectOnGetMixin, auth_views.LogoutView):
    """Django's view, which also has the browser clear its cache of the site."""

    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        if request.is_secure():
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


class SignOutEverywhereView(SignedInView):
    """Ends all sessions of the user, including this one."""

    http_method_names = ["post"]

    def page_url(self):
        return reverse("web:account")

    def post(self, request):
        sessions.end_everywhere(request.user, ChangeContext(Channel.BROWSER, request.request_id))
        logout(request)
        messages.success(request, _("You have been signed out everywhere."))
        return redirect("web:sign_in")


class SetPasswordMixin:
    """A form that saves the new password with `services.update`."""

    strict = False
    """Whether the update fails if the user record has changed since it was loaded, so that a reset link works
    once."""

    def __init__(self, *args, request_id="", **kwargs):
        super().__init__(*args, **kwargs)
        self.request_id = request_id
        self.fields["new_password1"].help_text = PASSWORD_RULES

    def set_password_and_save(self, user, password_field_name="new_password1", commit=True):  # noqa: S107 # nosec B107 # a field's name
        planned = services.update(
            get_user_model().objects.get(pk=user.pk),  # (`request.user` is a lazy proxy, not a record)
            {"password": make_password(self.cleaned_data[password_field_name])},
            actor=user,
            context=ChangeContext(Channel.BROWSER, self.request_id),
            action="change_password",
            base=user.version if self.strict else None,
            strict=self.strict,
        )
        # Django's view ties the user's current session to the new hash.
        user.password = planned.record.password
        return user


class SetPasswordForm(SetPasswordMixin, auth_forms.SetPasswordForm):
    strict = True


class PasswordChangeForm(SetPasswordMixin, auth_forms.PasswordChangeForm):
    wait = 0

    def clean_old_password(self):
        attempt = throttle.password_attempt(self.user)
        if wait := attempt.acquire():
            self.wait = wait
            log_event("password change", WAIT, user=self.user)
            raise ValidationError(throttle.wait_message(wait), code="wait")
        try:
            password = super().clean_old_password()
        except ValidationError:
            log_event("password change", WRONG, user=self.user)
            raise
        attempt.release()
        return password


class PasswordResetForm(auth_forms.PasswordResetForm):
    """Django's form, which also sends the mail to users who have no password yet and choose their first
    one."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def get_users(self, email):
        users = get_user_model().objects.filter(email_key=email_key(email), is_active=True, status=ACTIVE)
        return [user for user in users if user.email.casefold() == email.casefold()]

    def save(self, *, request_id):
        """Queue the mails instead of waiting for the mail server, as Django does."""
        for user in self.get_users(self.cleaned_data["email"]):
            queue_reset_mail(user, request_id)


class RequestIdFormMixin:
    """Passes the request id to the form, for the history entry."""

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"request_id": self.request.request_id}


class PasswordChangeView(
    RequestIdFormMixin, ThrottledFormMixin, SuccessMessageMixin, SignedInView, auth_views.PasswordChangeView
):
    template_name = "web/account/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("web:account")
    success_message = _("Your password has been changed.")


class PasswordResetView(ThrottledFormMixin, auth_views.PasswordResetView):
    template_name = "web/account/reset.html"
    form_class = PasswordResetForm
    success_url = reverse_lazy("web:password_reset_sent")

    def form_valid(self, form):
        """Send the mail after the response, so that neither its content nor its timing reveals whether the
        account exists."""
        if wait := throttle.mail_attempt(self.request, form.cleaned_data["email"]).acquire():
            form.wait = wait
            log_event("password reset link", WAIT, name=form.cleaned_data["email"])
            form.add_error(None, throttle.wait_message(wait))
            return self.form_invalid(form)
        log_event("password reset link", "requested", name=form.cleaned_data["email"])
        request_id = self.request.request_id
        run_after_response(lambda: form.save(request_id=request_id))
        return redirect(self.success_url)


class PasswordResetConfirmView(RequestIdFormMixin, auth_views.PasswordResetConfirmView):
    """Django's view, except that the token is not stored in the session (`backoffice.accounts.reset`)."""

    url_name = "web:password_reset_confirm"
    template_name = "web/account/reset_confirm.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("web:password_reset_done")

    @method_decorator(sensitive_post_parameters())
    @method_decorator(never_cache)
    def dispatch(self, request, *args, uidb64, token, **kwargs):
        self.validlink = False
        self.user = self.get_user(uidb64)
        if self.user is not None and token != self.reset_url_token:
            if self.token_generator.check_token(self.user, token):
                note_opened_link(request, self.user)
                return redirect(self.url_name, uidb64=uidb64, token=self.reset_url_token)
        elif self.user is not None and has_opened_link(request, self.user):
            self.validlink = True
            return View.dispatch(self, request, *args, **kwargs)
        return self.render_to_response(self.get_context_data())

    def get_user(self, uidb64):
        """Return the user of a link; None if the uid is malformed or unknown."""
        try:
            return find_user_of_link(urlsafe_base64_decode(uidb64).decode())
        except ValueError:
            return None

    def form_valid(self, form):
        """Save the password and reset the throttle: reading the account's mail proves ownership, whatever
        others have guessed. Of two concurrent requests with the same link, one succeeds."""
        try:
            form.save()
        except Conflict:
            self.validlink = False
            return self.render_to_response(self.get_context_data(), status=409)
        forget_opened_link(self.request)
        throttle.reset_account(self.user)
        return redirect(self.get_success_url())


class InvitationView(PasswordResetConfirmView):
    """The page of an invitation: what the new user may do, and the form for their first password."""

    url_name = "web:invitation"
    template_name = "web/account/invitation.html"
    token_generator = InvitationTokens()
    success_url = reverse_lazy("web:sign_in")

    def get_user(self, uidb64):
        user = super().get_user(uidb64)
        return user if user is not None and is_open(user) else None

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        if not self.validlink:
            return context
        permissions = describe_permissions(self.user.get_all_permissions())
        return context | {
            "invited": self.user,
            "host": find_host(self.user),
            "company": self.user.company,
            "permissions": permissions,
        }

    def form_valid(self, form):
        response = super().form_valid(form)
        if response.status_code == 302:
            messages.success(self.request, _("Your password has been saved. Sign in with it."))
        return response


class AccountView(SignedInView):
    """The user's account page."""

    def get(self, request):
        return render(request, "web/account/account.html", {"sessions": sessions.list_sessions(request)})


class SessionsView(SignedInView):
    """Ends other sessions of the user: the one whose key is `end`, or all others."""

    def get(self, request):
        return redirect("web:account")

    def post(self, request):
        if (key := request.POST.get("end", "")) != "others":
            ended = sessions.end_session(request, key)
        else:
            ended = sessions.end_other_sessions(request)
        if ended:
            message = ngettext("%(n)d session has been ended.", "%(n)d sessions have been ended.", ended)
            messages.success(request, message % {"n": ended})
        else:
            messages.info(request, _("There was no other session to end."))
        return redirect("web:account")
