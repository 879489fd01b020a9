from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    name = "backoffice.workplace"
    label = "workplace"
    verbose_name = "Workplace"
