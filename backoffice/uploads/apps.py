from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UploadsConfig(AppConfig):
    name = "backoffice.uploads"
    label = "uploads"
    verbose_name = _("Uploads")

    def ready(self):
        from backoffice.bulk.worker import hourly_tasks
        from backoffice.uploads import privacy  # noqa: F401 (registers its erasers)
        from backoffice.uploads.cleanup import remove_unused

        hourly_tasks.append(remove_unused)
