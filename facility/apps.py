from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from backoffice.people import roles

WORK = {
    "complaint": roles.ALL_ACTIONS,
    "customerobject": f"{roles.ALL_ACTIONS} view_object_secrets",
    "article": roles.ALL_ACTIONS,
}


class FacilityConfig(AppConfig):
    name = "facility"
    verbose_name = _("Facility")
    permission_labels = {"view_object_secrets": _("See door codes and keys")}
    grants = {
        roles.VIEWER: dict.fromkeys(WORK, "view"),
        roles.FACILITY_STAFF: WORK,
        roles.ADMINISTRATOR: WORK,
    }

    def ready(self):
        from facility import mail, notifications  # noqa: F401 (registers listeners and jobs)
