from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    name = "backoffice.workplace"
    label = "workplace"
    verbose_name = "Workplace"

    def ready(self):
        from backoffice.workplace import privacy  # noqa: F401 (registers its erasers)
