from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangeConfig(AppConfig):
    name = "backoffice.exchange"
    label = "exchange"
    verbose_name = _("Export and import")

    def ready(self):
        from backoffice.exchange import privacy  # noqa: F401 (registers its erasers)
