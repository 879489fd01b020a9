"""The write service: the one way in which records are created, updated and deleted, whatever the channel."""

from backoffice.db.transactions import ATTEMPTS
from backoffice.records.writes.concurrency import reload
from backoffice.records.writes.deletion import check_deletion, delete
from backoffice.records.writes.derived_text import renew_company
from backoffice.records.writes.merge import MINE, THEIRS, ConflictChoices, Merge
from backoffice.records.writes.numbering import BEYOND, is_number_taken, prepare_series
from backoffice.records.writes.plan import plan, plan_creation, require
from backoffice.records.writes.planned_write import PlannedWrite, Provenance, ReferenceResolver
from backoffice.records.writes.service import ImportedRecord, create, create_many, update, write
from backoffice.records.writes.undo import can_undo, undo
from backoffice.records.writes.validation import no_such_record

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
