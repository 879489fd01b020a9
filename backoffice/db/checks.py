"""Checks that need the database: `migrate`, `check --database default` and `check_database` run them."""

from django.core import checks
from django.db import DatabaseError, connections


@checks.register(checks.Tags.database)
def mongodb_has_transactions(app_configs, databases, **_kwargs):
    """A change and its history row are written together or not at all, and MongoDB has transactions only where
    there is a replica set or a sharded cluster."""
    found = []
    for alias in databases or ():
        connection = connections[alias]
        if connection.vendor == "mongodb" and not _has_transactions(connection):
            found.append(
                checks.Error(
                    "This MongoDB server stands alone, so it has no transactions.",
                    hint="Start mongod with --replSet rs0 and run once: mongosh --eval 'rs.initiate()'",
                    id="records.E001",
                )
            )
    return found


def _has_transactions(connection) -> bool:
    from pymongo.errors import PyMongoError

    try:
        return connection.features._supports_transactions
    except (DatabaseError, PyMongoError):
        return True  # it is away, which is another matter and told by whoever asks for it
