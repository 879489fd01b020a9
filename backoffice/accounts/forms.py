"""The sign-in form."""

from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.accounts.events import CODE_NEEDED, OK, WAIT, WRONG, log_event
from backoffice.accounts.throttle import sign_in_attempt, wait_message


class SignInForm(auth_forms.AuthenticationForm):
    """Django's authentication form with the throttle, our error messages and sign-in by e-mail address."""

    error_messages = {
        "invalid_login": _(
            "Wrong username or password. If you have forgotten your password, choose a new one below."
        ),
        "inactive": _("This account is inactive. Contact your administrator."),
    }
    wait = 0
    """Seconds until the next attempt is allowed, if this one was throttled."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Django takes the label and the length from the model's username field; an e-mail address may be longer.
        self.fields["username"].label = _("Username or e-mail address")
        self.fields["username"].max_length = 254
        self.fields["username"].widget.attrs["maxlength"] = 254

    def clean(self):
        if not self.cleaned_data.get("username") or not self.cleaned_data.get("password"):
            return self.cleaned_data
        name = self.cleaned_data["username"]
        attempt = sign_in_attempt(self.request, name)
        if wait := attempt.acquire():
            self.wait = wait
            log_event("sign-in", WAIT, user=attempt.user, name=name)
            raise ValidationError(wait_message(wait), code="wait")
        try:
            cleaned = super().clean()
        except ValidationError:
            log_event("sign-in", WRONG, user=attempt.user, name=name)
            raise
        attempt.release()
        user = self.get_user()
        log_event("sign-in", CODE_NEEDED if user.has_second_factor else OK, user=user)
        return cleaned
