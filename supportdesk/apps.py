from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupportDeskConfig(AppConfig):
    name = "supportdesk"
    verbose_name = _("Support")
