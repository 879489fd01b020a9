"""Taking the next record: the most urgent of those that wait goes to one actor."""

from backoffice.db.transactions import WriteConflict, pause, retries
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.assignments import AssignableMixin
from backoffice.records.exceptions import Conflict, Forbidden, RecordDeleted
from backoffice.records.writes.plan import PlannedWrite
from backoffice.records.writes.updates import update


def take_next(model: type[AssignableMixin], *, actor: Actor, context: ChangeContext) -> PlannedWrite | None:
    """Assign the first of the waiting records to the actor; return None if none waits.

    Of several actors at once, each gets another record: the update requires the version that was waiting, and
    who loses it looks for the next one. Raises Forbidden, and WriteConflict if others were faster for seconds.
    """
    if not model.may_be_taken_by(actor):
        raise Forbidden()
    for attempt in retries():
        record = model.waiting_for(actor).first()
        if record is None:
            return None
        values = {model.assignee_property: actor.user_id}
        try:
            return update(record, values, actor=actor, context=context, base=record.version, strict=True)
        except (Conflict, RecordDeleted):
            pause(attempt)
    raise WriteConflict()
