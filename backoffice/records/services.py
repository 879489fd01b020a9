"""The write service: the one way in which records are created, updated and deleted, whatever the channel."""

from backoffice.db.transactions import ATTEMPTS
from backoffice.records.writes.conflicts import reload
from backoffice.records.writes.deletion import check_deletion, delete
from backoffice.records.writes.derived_text import update_company_sort_keys
from backoffice.records.writes.merge import MINE, THEIRS, ConflictChoices, Merge
from backoffice.records.writes.numbering import NUMBERING_LIMIT, advance_number_series, ensure_number_series
from backoffice.records.writes.plan import (
    PlannedWrite,
    Provenance,
    ReferenceResolver,
    check_rights,
    forbidden_properties,
    plan,
    plan_creation,
    require_permission,
    require_properties,
)
from backoffice.records.writes.taking import take_next
from backoffice.records.writes.undo import can_undo, find_not_restored, find_undoable, undo
from backoffice.records.writes.updates import (
    ImportedRecord,
    create,
    create_many,
    on_write,
    update,
    write,
)
from backoffice.records.writes.validation import missing_reference_error, unique_pairs

__all__ = [
    "ATTEMPTS",
    "MINE",
    "NUMBERING_LIMIT",
    "THEIRS",
    "ConflictChoices",
    "ImportedRecord",
    "Merge",
    "PlannedWrite",
    "Provenance",
    "ReferenceResolver",
    "advance_number_series",
    "can_undo",
    "check_deletion",
    "check_rights",
    "create",
    "create_many",
    "delete",
    "ensure_number_series",
    "find_not_restored",
    "find_undoable",
    "forbidden_properties",
    "missing_reference_error",
    "on_write",
    "plan",
    "plan_creation",
    "reload",
    "require_permission",
    "require_properties",
    "take_next",
    "undo",
    "unique_pairs",
    "update",
    "update_company_sort_keys",
    "write",
]
