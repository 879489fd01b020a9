from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class SignInConfig(AppConfig):
    name = "backoffice.accounts"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self):
        from backoffice.accounts import (
            checks,  # noqa: F401 (registers itself)
            notices,  # noqa: F401 (registers whom it tells)
            privacy,  # noqa: F401 (registers what it forgets)
        )
        from backoffice.accounts.sessions import begin

        user_logged_in.connect(begin)
