from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from backoffice.people import roles

LOOK = {"customer": "view", "contact": "view", "user": "view"}
WORK = {
    "customer": roles.ALL_ACTIONS,
    "contact": roles.ALL_ACTIONS,
    "user": "view",
    "apikey": roles.ALL_ACTIONS,
}


class PeopleConfig(AppConfig):
    name = "backoffice.people"
    label = "people"
    verbose_name = _("People")
    scopes_label = _("Customers and people")
    permission_labels = {
        "enter_admin": _("Enter the administration"),
        "appoint_superusers": _("Make users superusers"),
        "manage_apikeys": _("Manage the API keys of all users"),
    }
    grants = {
        roles.VIEWER: LOOK,
        roles.FACILITY_STAFF: WORK,
        roles.SUPPORT_STAFF: WORK,
        roles.RESELLER: {"customer": "view", "apikey": roles.ALL_ACTIONS},
        roles.ADMINISTRATOR: {
            "customer": roles.ALL_ACTIONS,
            "contact": roles.ALL_ACTIONS,
            "user": f"{roles.ALL_ACTIONS} enter_admin",
            "apikey": f"{roles.ALL_ACTIONS} manage_apikeys",
            "company": "view change",
        },
    }

    def ready(self):
        post_migrate.connect(roles.grant_new_permissions)
        from backoffice.people import privacy  # noqa: F401 (registers its erasers)
