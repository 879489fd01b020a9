"""System check for an unfinished move: a database that holds only part of the records must not be used."""

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
            f"This database holds only a part of the data of {move.source}.",
            hint="Run the same manage.py move_data command again: it continues where it stopped.",
            id=UNFINISHED,
        )
        for move in Move._base_manager.filter(ended_at=None)
    ]
