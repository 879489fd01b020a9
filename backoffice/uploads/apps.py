from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from backoffice.people import roles

SENDERS = (roles.FACILITY_STAFF, roles.SUPPORT_STAFF, roles.RESELLER, roles.ADMINISTRATOR)


class UploadsConfig(AppConfig):
    name = "backoffice.uploads"
    label = "uploads"
    verbose_name = _("Uploads")
    grants = {role: {"upload": "add"} for role in SENDERS}

    def ready(self):
        from backoffice.uploads import cleanup, privacy  # noqa: F401 (registers its jobs and erasers)
