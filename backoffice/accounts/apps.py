from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class SignInConfig(AppConfig):
    name = "backoffice.accounts"
    label = "signin"
    verbose_name = "Signing in"

    def ready(self):
        from backoffice.accounts import (
            checks,  # noqa: F401 (registers its checks)
            invitations,  # noqa: F401 (registers its listener and jobs)
            notices,  # noqa: F401 (registers its listener and jobs)
            privacy,  # noqa: F401 (registers its erasers)
            reset_mail,  # noqa: F401 (registers its jobs)
        )
        from backoffice.accounts.sessions import start_session

        user_logged_in.connect(start_session)
