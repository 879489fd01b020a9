"""The history rows of planned writes."""

from backoffice.db import queries
from backoffice.db.object_ids import new_object_id
from backoffice.records.actors import ChangeContext
from backoffice.records.models import History
from backoffice.records.writes.planned_write import PlannedWrite


def append_history(drafts: list[PlannedWrite], context: ChangeContext, pk: str | None = None) -> None:
    """Append a history row for each draft. `pk` is the id of a record that was just deleted and has lost
    it."""
    rows = [_history_row(draft, context, pk or draft.record.pk) for draft in drafts]
    if len(rows) == 1:
        queries.execute_insert(rows[0])
    else:
        History.objects.bulk_create(rows)


def _history_row(draft: PlannedWrite, context: ChangeContext, pk: str) -> History:
    """Build the row by `from_db`, without `Model.__init__` and its signals (see docs/performance.md)."""
    record = draft.record
    columns = {
        "id": new_object_id(),
        "record_type": record._meta.label_lower,
        "record_id": pk,
        "record_name": str(draft.before or record),
        "company_id": record.home_company_id(),
        "version": record.version,
        "action": draft.action,
        "at": draft.at,
        "user_id": draft.actor.user_id,
        "who": draft.actor.history_name,
        "via": context.channel,
        "request_id": context.request_id[:64],
        "stamp": draft.provenance.last_modified_at if draft.provenance else None,
        "changes": draft.changes,
    }
    row = History.from_db(None, columns, columns.values())
    row._state.adding = True
    return row
