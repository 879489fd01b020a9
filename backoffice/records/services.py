"""The write service: the one way in which records are created, updated and deleted, whatever the channel."""

from backoffice.records.writes.service import (
    ATTEMPTS,
    ConflictChoices,
    ImportedRecord,
    Provenance,
    check_deletion,
    create,
    create_many,
    delete,
    plan,
    plan_creation,
    reload,
    update,
    write,
)

__all__ = [
    "ATTEMPTS",
    "ConflictChoices",
    "ImportedRecord",
    "Provenance",
    "check_deletion",
    "create",
    "create_many",
    "delete",
    "plan",
    "plan_creation",
    "reload",
    "update",
    "write",
]
