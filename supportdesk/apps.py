from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from backoffice.people import roles


class SupportDeskConfig(AppConfig):
    name = "supportdesk"
    verbose_name = _("Support")
    permission_labels = {"administer_supportcase": _("Handle all cases, with internal notes")}
    grants = {
        roles.VIEWER: {"supportcase": "view"},
        roles.SUPPORT_STAFF: {"supportcase": f"{roles.ALL_ACTIONS} administer_supportcase"},
        roles.RESELLER: {"supportcase": "view add"},
        roles.ADMINISTRATOR: {"supportcase": f"{roles.ALL_ACTIONS} administer_supportcase"},
    }
