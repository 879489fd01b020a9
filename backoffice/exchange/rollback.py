"""Taking an import back: what it made is removed, what it changed gets its old values; all of it or nothing (on SQLite, in
short transactions: what stops it leaves it to be finished)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _

from backoffice.db.transactions import do_each
from backoffice.exchange.models import ImportRun
from backoffice.people.models import Company
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext, Channel
from backoffice.records.exceptions import Conflict, Forbidden, InUse
from backoffice.records.fields import now
from backoffice.records.models import ChildRow, Entity, History
from backoffice.records.services import can_undo, undo

CHUNK = 500


class NotRolledBack(Exception):
    """It was not taken back, because of this (a sentence for each record). `partly`: some of it was, which the next try
    leaves alone."""

    partly = False

    def __init__(self, reasons: list[str]):
        self.reasons = reasons
        super().__init__("; ".join(reasons))


@dataclass
class RollbackResult:
    """What was taken back; `kept` is what cannot be: secrets, whose old values nobody knows, and companies, which
    the history is part of."""

    removed: int = 0
    taken_back: int = 0
    kept: list[str] = field(default_factory=list)


def undo_import(run: ImportRun, actor: Actor, bar) -> RollbackResult:
    """Take back what a run did, the last first. Raises NotUndone if somebody has changed one of its records since,
    or points at one."""
    outcome, rows = RollbackResult(), _rows(run)
    with bar(_("Looking"), rows.count()) as looking:
        reasons = []
        for row in _each(rows):
            reasons += _changed_since(row, run)
            looking.update(1)
    if reasons:
        raise NotRolledBack(reasons)
    with bar(_("Taking back"), rows.count()) as taking:

        def take_back(row: History) -> None:
            try:
                _take_back(row, run, actor, outcome)
            except (InUse, Forbidden, Conflict) as error:
                raise NotRolledBack([f"{_called(row)}: {error}"]) from error
            taking.update(1)

        def finish(_run: ImportRun) -> None:
            run.undone_at = now()
            run.save()

        steps = chain(((take_back, row) for row in _each(rows)), [(finish, run)])
        try:
            do_each(steps, lambda step: step[0](step[1]))
        except NotRolledBack as error:
            error.partly = History.objects.filter(request_id=_undone_by(run), via=Channel.COMMAND).exists()
            raise
    return outcome


def _rows(run: ImportRun):
    return History.objects.filter(request_id=run.pk, via=Channel.COMMAND).order_by("-pk")


def _each(rows) -> Iterator[History]:
    page = list(rows[:CHUNK])
    while page:
        yield from page
        page = list(rows.filter(pk__lt=page[-1].pk)[:CHUNK])


def _record(row: History) -> Entity | None:
    return apps.get_model(row.record_type)._base_manager.filter(pk=row.record_id).first()


def _called(row: History) -> str:
    """A record in a report: what kind, which one."""
    model = apps.get_model(row.record_type)
    return f"{model._meta.verbose_name} {row.record_id} ({row.record_name})"


def _changed_since(row: History, run: ImportRun) -> list[str]:
    record = _record(row)
    if record is None:
        return (
            []
            if row.action in History.CREATION_ACTIONS
            else [_("%(record)s was removed since.") % {"record": _called(row)}]
        )
    if record.version == row.version:
        return []
    last = (
        History.objects.filter(record_type=row.record_type, record_id=row.record_id)
        .order_by("-version")
        .first()
    )
    if last.request_id == _undone_by(run):
        return []
    return [_("%(record)s was changed since, by %(who)s.") % {"record": _called(row), "who": last.who}]


def _take_back(row: History, run: ImportRun, actor: Actor, outcome: RollbackResult) -> None:
    record = _record(row)
    if record is None or (record.version != row.version and not _changed_since(row, run)):
        return  # an earlier try did
    via = ChangeContext(Channel.COMMAND, _undone_by(run))
    if isinstance(record, Company):
        outcome.kept.append(_called(row))
        return
    if row.action in History.CREATION_ACTIONS:
        services.delete(
            record, actor=actor, via=via, base=row.version, together=lambda other: _made_by(run, other)
        )
        outcome.removed += 1
        return
    names = {change["property"].split(".")[0] for change in row.changes}
    kept = {name for name in names - set(can_undo(record, row, actor)) if not record.properties[name].derived}
    outcome.kept += [f"{_called(row)}: {record.properties[name].label}" for name in sorted(kept)]
    undo(record, row, actor=actor, via=via)
    outcome.taken_back += 1


def _undone_by(run: ImportRun) -> str:
    """The request id of what takes a run back."""
    return f"undo-{run.pk}"


def _made_by(run: ImportRun, other: models.Model) -> bool:
    """Whether a row, or the record that it belongs to, was made by the run."""
    while isinstance(other, ChildRow):
        other = other.record
    birth = _rows(run).filter(
        record_type=other._meta.label_lower, record_id=other.pk, action__in=History.CREATION_ACTIONS
    )
    return birth.exists()
