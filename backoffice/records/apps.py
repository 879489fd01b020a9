from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "backoffice.records"
    label = "records"
    verbose_name = "Records"
