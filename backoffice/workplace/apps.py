from django.apps import AppConfig

from backoffice.people import roles


class WorkplaceConfig(AppConfig):
    name = "backoffice.workplace"
    label = "workplace"
    verbose_name = "Workplace"
    grants = {
        roles.VIEWER: {"cannedanswer": "view"},
        roles.FACILITY_STAFF: {"cannedanswer": "view add change"},
        roles.SUPPORT_STAFF: {"cannedanswer": "view add change"},
        roles.ADMINISTRATOR: {"cannedanswer": roles.ALL_ACTIONS},
    }

    def ready(self):
        from backoffice.workplace import privacy  # noqa: F401 (registers its erasers)
