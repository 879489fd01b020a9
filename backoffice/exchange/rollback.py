"""The rollback of an import: created records are deleted, changed ones get their old values, all or none. On
SQLite it runs in short transactions; an interrupted rollback can be continued."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.transactions import run_in_short_transactions
from backoffice.exchange.models import ImportRun
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext, Channel
from backoffice.records.exceptions import Conflict, DeletionRefused, Forbidden
from backoffice.records.fields import now
from backoffice.records.models import ChildRow, Entity, History
from backoffice.records.services import find_not_restored, undo

CHUNK = 500


class NotRolledBack(Exception):
    """The import was not rolled back; `reasons` has a sentence for each record. `is_partial`: some of it was
    rolled back, which the next attempt skips."""

    is_partial = False

    def __init__(self, reasons: list[str]):
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@dataclass
class RollbackResult:
    """The numbers of deleted records and reverted changes. `irreversible` describes what cannot be rolled back:
    secrets, whose old values are unknown, and companies, to which history entries refer."""

    deleted: int = 0
    reverted: int = 0
    irreversible: list[str] = field(default_factory=list)


def undo_import(run: ImportRun, actor: Actor, bar) -> RollbackResult:
    """Roll back the entries of a run, the newest first. Raises NotRolledBack if a record was changed since or
    is referenced."""
    outcome, rows = RollbackResult(), _rows(run)
    with bar(_("Checking"), rows.count()) as progress:
        reasons = []
        for row in _iterate(rows):
            reasons += _changed_since(row, run)
            progress.update(1)
    if reasons:
        raise NotRolledBack(reasons)
    with bar(_("Undoing"), rows.count()) as progress:

        def revert(row: History) -> None:
            try:
                _revert(row, run, actor, outcome)
            except (DeletionRefused, Forbidden, Conflict) as error:
                raise NotRolledBack([f"{_describe(row)}: {error}"]) from error
            progress.update(1)

        def finish(_run: ImportRun) -> None:
            run.undone_at = now()
            run.save()

        steps = chain(((revert, row) for row in _iterate(rows)), [(finish, run)])
        try:
            run_in_short_transactions(steps, lambda step: step[0](step[1]))
        except NotRolledBack as error:
            written = History.objects.filter(request_id=_rollback_id(run), via=Channel.COMMAND)
            error.is_partial = written.exists()
            raise
    return outcome


def _rows(run: ImportRun):
    return History.objects.filter(request_id=run.pk, via=Channel.COMMAND).order_by("-pk")


def _iterate(rows) -> Iterator[History]:
    page = list(rows[:CHUNK])
    while page:
        yield from page
        page = list(rows.filter(pk__lt=page[-1].pk)[:CHUNK])


def _record(row: History) -> Entity | None:
    return apps.get_model(row.record_type)._base_manager.filter(pk=row.record_id).first()


def _describe(row: History) -> str:
    """Describe a record in reports: its type, id and name."""
    model = apps.get_model(row.record_type)
    return f"{model._meta.verbose_name} {row.record_id} ({row.record_name})"


def _changed_since(row: History, run: ImportRun) -> list[str]:
    record = _record(row)
    if record is None:
        is_gone = row.action not in History.CREATION_ACTIONS
        return [_("%(record)s has been deleted since.") % {"record": _describe(row)}] if is_gone else []
    if record.version == row.version:
        return []
    rows = History.objects.filter(record_type=row.record_type, record_id=row.record_id)
    last = rows.latest("version")
    if last.request_id == _rollback_id(run):
        return []
    return [_("%(who)s has changed %(record)s since.") % {"record": _describe(row), "who": last.who}]


def _revert(row: History, run: ImportRun, actor: Actor, outcome: RollbackResult) -> None:
    record = _record(row)
    if record is None or (record.version != row.version and not _changed_since(row, run)):
        return  # an earlier attempt reverted it
    context = ChangeContext(Channel.COMMAND, _rollback_id(run))
    if isinstance(record, Company):
        outcome.irreversible.append(_describe(row))
        return
    if row.action in History.CREATION_ACTIONS:
        services.delete(
            record,
            actor=actor,
            context=context,
            base=row.version,
            is_deleted_too=lambda other: _is_created_by(run, other),
        )
        outcome.deleted += 1
        return
    kept = sorted(find_not_restored(record, row, actor))
    outcome.irreversible += [f"{_describe(row)}: {record.properties[name].label}" for name in kept]
    undo(record, row, actor=actor, context=context)
    outcome.reverted += 1


def _rollback_id(run: ImportRun) -> str:
    """Return the request id of the rollback's history entries."""
    return f"undo-{run.pk}"


def _is_created_by(run: ImportRun, other: models.Model) -> bool:
    """Whether the run created a row, or the record that it belongs to."""
    while isinstance(other, ChildRow):
        other = other.record
    creation = _rows(run).filter(
        record_type=other._meta.label_lower, record_id=other.pk, action__in=History.CREATION_ACTIONS
    )
    return creation.exists()
