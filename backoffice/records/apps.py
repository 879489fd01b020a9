from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "backoffice.records"
    label = "records"
    verbose_name = _("Records")

    def ready(self):
        from backoffice.db import checks  # noqa: F401 (registers them)
        from backoffice.db.compat import index_what_is_unique
        from backoffice.db.search_index import update_indexes
        from backoffice.records.fields import encryption, lookups  # noqa: F401 (registers them)

        post_migrate.connect(index_what_is_unique, dispatch_uid="index_what_is_unique")
        post_migrate.connect(update_indexes, dispatch_uid="update_search_indexes")
