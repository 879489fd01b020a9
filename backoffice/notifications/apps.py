from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "backoffice.notifications"
    label = "notifications"
    verbose_name = _("Notifications")

    def ready(self):
        from backoffice.notifications import mail, privacy, services  # noqa: F401 (registers its jobs and erasers)
