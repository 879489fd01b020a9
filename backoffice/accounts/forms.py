"""Forms for signing in."""

from django.contrib.auth import forms as auth_forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.accounts.events import CODE_NEEDED, OK, WAIT, WRONG, log_event
from backoffice.accounts.throttle import (
    sign_in_attempt,
    wait_message,
)


class SignInForm(auth_forms.AuthenticationForm):
    """Django's, in kinder words."""

    error_messages = {
        "invalid_login": _(
            "That name and password do not go together. Mind the capital letters of the password; "
            "if you have forgotten your password, choose a new one below."
        ),
        "inactive": _("This account has been switched off. Ask your administrator."),
    }
    wait = 0
    """Seconds to wait, if this try came too early to be judged."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # (Django's takes the label and the length of the model's username.)
        self.fields["username"].label = _("Username or e-mail address")
        self.fields["username"].max_length = 254
        self.fields["username"].widget.attrs["maxlength"] = 254

    def clean(self):
        if not self.cleaned_data.get("username") or not self.cleaned_data.get("password"):
            return self.cleaned_data
        name = self.cleaned_data["username"]
        tries = sign_in_attempt(self.request, name)
        if wait := tries.acquire():
            self.wait = wait
            log_event("sign-in", WAIT, user=tries.user, name=name)
            raise ValidationError(wait_message(wait), code="wait")
        try:
            cleaned = super().clean()
        except ValidationError:
            log_event("sign-in", WRONG, user=tries.user, name=name)
            raise
        tries.release()
        user = self.get_user()
        log_event("sign-in", CODE_NEEDED if user.has_second_factor else OK, user=user)
        return cleaned
