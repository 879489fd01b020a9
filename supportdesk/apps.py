from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from backoffice.people import roles


class SupportDeskConfig(AppConfig):
    name = "supportdesk"
    verbose_name = _("Support")
    permission_labels = {
        "administer_supportcase": _("Handle all cases, with internal notes"),
        "comment_supportcase": _("Comment on cases and reopen them"),
    }
    grants = {
        roles.VIEWER: {"supportcase": "view"},
        roles.SUPPORT_STAFF: {
            "supportcase": f"{roles.ALL_ACTIONS} administer_supportcase comment_supportcase"
        },
        roles.RESELLER: {"supportcase": "view add comment_supportcase"},
        roles.ADMINISTRATOR: {
            "supportcase": f"{roles.ALL_ACTIONS} administer_supportcase comment_supportcase"
        },
    }

    def ready(self):
        from supportdesk import mail, notifications  # noqa: F401 (registers listeners and jobs)
