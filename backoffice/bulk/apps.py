from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BulkConfig(AppConfig):
    name = "backoffice.bulk"
    label = "bulk"
    verbose_name = _("Bulk edits")

    def ready(self):
        from backoffice.bulk import privacy, runner  # noqa: F401 (registers its erasers and jobs)
