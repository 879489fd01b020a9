from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListsConfig(AppConfig):
    name = "backoffice.lists"
    label = "lists"
    verbose_name = _("Lists")

    def ready(self):
        from backoffice.lists import privacy  # noqa: F401 (registers the eraser)
