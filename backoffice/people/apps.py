from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "backoffice.people"
    label = "people"
    verbose_name = _("People")

    def ready(self):
        from backoffice.people import privacy  # noqa: F401 (registers its erasers)
