from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RecordsConfig(AppConfig):
    name = "backoffice.records"
    label = "records"
    verbose_name = "Records"

    def ready(self):
        from backoffice.records import checks, encryption, lookups  # noqa: F401 (registers them)
        from backoffice.records.portable import index_what_is_unique

        post_migrate.connect(index_what_is_unique, dispatch_uid="index_what_is_unique")
