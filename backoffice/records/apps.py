from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "backoffice.records"
    label = "records"
    verbose_name = "Records"

    def ready(self):
        from backoffice.records import encryption, lookups  # noqa: F401 (registers checks and lookups)
