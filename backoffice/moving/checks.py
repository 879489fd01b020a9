"""A database that half of the records are in must not be worked with."""

from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections

from backoffice.moving.models import Move

UNFINISHED = "moving.E001"


@checks.register(checks.Tags.database)
def no_unfinished_move(databases=None, **kwargs):
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    if Move._meta.db_table not in connections[DEFAULT_DB_ALIAS].introspection.table_names():
        return []
    return [
        checks.Error(
            f"This database holds a part of another one only, of {move.source}.",
            hint="Run the same manage.py move_data again: it goes on where it was.",
            id=UNFINISHED,
        )
        for move in Move._base_manager.filter(ended_at=None)
    ]
