from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "backoffice.records"
    label = "records"
    verbose_name = _("Records")
    # Everybody reads the history of what they see; administrators read all of their company's.
    grants = {"Administrator": {"history": "view", "secretreading": "view"}}

    def ready(self) -> None:
        from backoffice.records.fields import encryption, lookups  # noqa: F401 (registers them)
        from backoffice.records.writes.derived_text import update_text_columns

        post_migrate.connect(update_text_columns, dispatch_uid="update_search_indexes")
