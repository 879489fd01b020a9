from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class SignInConfig(AppConfig):
    name = "backoffice.signin"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self):
        from backoffice.signin import (
            checks,  # noqa: F401 (registers itself)
            forgetting,  # noqa: F401 (registers what it forgets)
            notices,  # noqa: F401 (registers whom it tells)
        )
        from backoffice.signin.sessions import begin

        user_logged_in.connect(begin)
