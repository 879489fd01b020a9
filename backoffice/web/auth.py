"""Signing in and out, and one's password. Django's own views; a new password goes through `records.change`."""

from django import forms
from django.contrib import messages
from django.contrib.auth import forms as auth_forms
from django.contrib.auth import get_user_model
from django.contrib.auth import views as auth_views
from django.contrib.auth.hashers import make_password
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Door, Via
from backoffice.records.change import change
from backoffice.web.access import SignedIn


class SignInForm(auth_forms.AuthenticationForm):
    """Django's, in kinder words."""

    error_messages = {
        "invalid_login": _(
            "That username and password do not go together. Mind capital letters; "
            "if you have forgotten your password, choose a new one below."
        ),
        "inactive": _("This account has been switched off. Ask your administrator."),
    }


class SignIn(auth_views.LoginView):
    template_name = "web/auth/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SetsPassword:
    """A form that gives its user the new password in the one way records are changed."""

    def __init__(self, *args, request_id="", **kwargs):
        super().__init__(*args, **kwargs)
        self.request_id = request_id

    def set_password_and_save(self, user, password_field_name="new_password1", commit=True):  # noqa: S107 (a field's name)
        draft = change(
            get_user_model().objects.get(pk=user.pk),  # the request's own is a proxy, not a record
            {"password": make_password(self.cleaned_data[password_field_name])},
            actor=user,
            via=Via(Door.BROWSER, self.request_id),
            action="change_password",
        )
        # The session of whoever changes it is tied to the new hash.
        user.password = draft.record.password
        return user


class SetPasswordForm(SetsPassword, auth_forms.SetPasswordForm):
    pass


class PasswordChangeForm(SetsPassword, auth_forms.PasswordChangeForm):
    pass


class PasswordResetForm(auth_forms.PasswordResetForm):
    """Django's, but people who never had a password get the mail too: this is how they choose their first."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def get_users(self, email):
        users = get_user_model().objects.filter(email__has=email, is_active=True)
        return [user for user in users if user.email.casefold() == email.casefold()]


class KnowsRequestId:
    """Hands the id of the request to the form: it goes into the history."""

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"request_id": self.request.request_id}


class PasswordChange(KnowsRequestId, SignedIn, auth_views.PasswordChangeView):
    template_name = "web/auth/password_change.html"
    form_class = PasswordChangeForm
    success_url = reverse_lazy("web:account")

    def form_valid(self, form):
        messages.success(self.request, _("Your password has been changed."))
        return super().form_valid(form)


class PasswordReset(auth_views.PasswordResetView):
    template_name = "web/auth/reset.html"
    form_class = PasswordResetForm
    email_template_name = "web/auth/reset_mail.txt"
    subject_template_name = "web/auth/reset_subject.txt"
    success_url = reverse_lazy("web:password_reset_sent")


class PasswordResetSent(auth_views.PasswordResetDoneView):
    template_name = "web/auth/reset_sent.html"


class PasswordResetConfirm(KnowsRequestId, auth_views.PasswordResetConfirmView):
    template_name = "web/auth/reset_confirm.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("web:password_reset_done")


class PasswordResetDone(auth_views.PasswordResetCompleteView):
    template_name = "web/auth/reset_done.html"


class Account(SignedIn):
    """What is known about oneself."""

    def get(self, request):
        return render(request, "web/account.html")
