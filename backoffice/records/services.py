"""The write service: the one way in which records are created, updated and deleted, whatever the channel."""

from backoffice.records.writes.derived_text import renew_company
from backoffice.records.writes.merge import MINE, THEIRS, ConflictChoices, Merge
from backoffice.records.writes.numbering import BEYOND, is_number_taken, prepare_series
from backoffice.records.writes.plan import (
    PlannedWrite,
    Provenance,
    ReferenceResolver,
    no_such_record,
    require,
)
from backoffice.records.writes.service import (
    ATTEMPTS,
    ImportedRecord,
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
from backoffice.records.writes.undo import can_undo, undo

__all__ = [
    "ATTEMPTS",
    "BEYOND",
    "MINE",
    "THEIRS",
    "ConflictChoices",
    "ImportedRecord",
    "Merge",
    "PlannedWrite",
    "Provenance",
    "ReferenceResolver",
    "can_undo",
    "check_deletion",
    "create",
    "create_many",
    "delete",
    "is_number_taken",
    "no_such_record",
    "plan",
    "plan_creation",
    "prepare_series",
    "reload",
    "renew_company",
    "require",
    "undo",
    "update",
    "write",
]
