from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    name = "backoffice.mail"
    label = "mail"
    verbose_name = _("Mail")

    def ready(self):
        from backoffice.mail import outgoing, privacy  # noqa: F401 (registers its jobs and erasers)
