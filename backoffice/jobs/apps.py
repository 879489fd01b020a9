from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "backoffice.jobs"
    label = "jobs"
    verbose_name = _("Background jobs")
    permission_labels = {"manage_jobs": _("Retry and drop background jobs")}
    grants = {"Administrator": {"queuedjob": "view manage_jobs"}}
