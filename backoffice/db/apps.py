from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DatabaseConfig(AppConfig):
    name = "backoffice.db"
    label = "db"
    verbose_name = "Database"

    def ready(self) -> None:
        from backoffice.db import checks, patches  # noqa: F401 (registers checks)
        from backoffice.db.compat import create_unique_indexes

        patches.install()
        post_migrate.connect(create_unique_indexes, dispatch_uid="index_what_is_unique")
