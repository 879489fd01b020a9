from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DatabaseConfig(AppConfig):
    name = "backoffice.db"
    label = "db"
    verbose_name = "Database"

    def ready(self):
        from backoffice.db import checks  # noqa: F401 (registers them)
        from backoffice.db.compat import create_unique_indexes

        post_migrate.connect(create_unique_indexes, dispatch_uid="index_what_is_unique")
