from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from backoffice.people import roles


class ExchangeConfig(AppConfig):
    name = "backoffice.exchange"
    label = "exchange"
    verbose_name = _("Export and import")
    permission_labels = {"import_records": _("Import records with their ids and times")}
    grants = {roles.ADMINISTRATOR: {"importrun": "import_records"}}

    def ready(self):
        from backoffice.exchange import privacy  # noqa: F401 (registers its erasers)
