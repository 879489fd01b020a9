"""The history rows of planned writes."""

from backoffice.db import queries
from backoffice.db.object_ids import new_object_id
from backoffice.records.actors import ChangeContext
from backoffice.records.models import History
from backoffice.records.writes.planned_write import PlannedWrite


def append_history(drafts: list[PlannedWrite], context: ChangeContext, pk: str | None = None) -> None:
    """Append a history row for each planned write. `pk` is the id of a record that was just deleted and has lost
    it."""
    rows = [_history_row(planned, context, pk or planned.record.pk) for planned in drafts]
    if len(rows) == 1:
        queries.execute_insert(rows[0])
    else:
        History.objects.bulk_create(rows)


def _history_row(planned: PlannedWrite, context: ChangeContext, pk: str) -> History:
    """Build the row by `from_db`, without `Model.__init__` and its signals (see docs/performance.md)."""
    record = planned.record
    columns = {
        "id": new_object_id(),
        "record_type": record._meta.label_lower,
        "record_id": pk,
        "record_name": str(planned.before or record),
        "company_id": record.home_company_id(),
        "version": record.version,
        "action": planned.action,
        "at": planned.at,
        "user_id": planned.actor.user_id,
        "who": planned.actor.history_name,
        "via": context.channel,
        "request_id": context.request_id[:64],
        "stamp": planned.provenance.last_modified_at if planned.provenance else None,
        "changes": planned.changes,
    }
    row = History.from_db(None, columns, columns.values())
    row._state.adding = True
    return row
