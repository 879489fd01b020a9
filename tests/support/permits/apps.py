from django.apps import AppConfig

from backoffice.people import roles


class PermitsConfig(AppConfig):
    name = "permits"
    verbose_name = "Permits"
    grants = {
        roles.VIEWER: {"permit": "view"},
        roles.FACILITY_STAFF: {"permit": roles.ALL_ACTIONS},
        roles.ADMINISTRATOR: {"permit": f"{roles.ALL_ACTIONS} view_pins"},
    }
