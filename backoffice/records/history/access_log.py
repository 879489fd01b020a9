"""The secret access log: who read which secrets, and when."""

from collections.abc import Iterable

from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.fields.base import now
from backoffice.records.fields.encryption import is_unreadable
from backoffice.records.models import Entity, SecretReading


def secret_properties(record: Entity, actor: Actor) -> list[str]:
    """Return the names of the secret properties that have a readable value and that the actor may see."""
    return [
        name
        for name, prop in record.properties.items()
        if prop.guard
        and prop.guard.secret
        and prop.read(record) not in (None, "")
        and not is_unreadable(prop.read(record))
        and actor.may("view", record, name)
    ]


def log_secret_access(records: Iterable[Entity], actor: Actor, context: ChangeContext) -> None:
    """Log that the actor was shown the records' secrets. Records without secrets are not logged."""
    rows = [
        SecretReading(
            record_type=record._meta.label_lower,
            record_id=record.pk,
            record_name=str(record),
            company_id=record.home_company_id(),
            properties=names,
            at=now(),
            user_id=actor.user_id,
            who=actor.history_name,
            via=context.channel,
            request_id=context.request_id[:64],
        )
        for record in records
        if (names := secret_properties(record, actor))
    ]
    SecretReading.objects.bulk_create(rows)
