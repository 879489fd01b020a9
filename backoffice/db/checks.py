"""System checks that need the database: run by `migrate`, `check --database default` and `check_database`."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.core import checks
from django.db import DatabaseError, connections

from backoffice.db.annotations import MongoConnection


@checks.register(checks.Tags.database)
def mongodb_has_transactions(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None, **_kwargs: object
) -> list[checks.CheckMessage]:
    """Require transactions, because a change and its history row are written together. MongoDB has them only
    in a replica set or a sharded cluster."""
    errors: list[checks.CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor == "mongodb" and not _has_transactions(connection):
            errors.append(
                checks.Error(
                    "This MongoDB server is not in a replica set, so it has no transactions.",
                    hint="Start mongod with --replSet rs0 and run once: mongosh --eval 'rs.initiate()'",
                    id="records.E001",
                )
            )
    return errors


def _has_transactions(connection: MongoConnection) -> bool:
    from pymongo.errors import PyMongoError

    try:
        return bool(connection.features._supports_transactions)
    except (DatabaseError, PyMongoError):
        return True  # not reachable: reported where the database is used
