"""The two ends of a move. Each is in a process of its own (`worker`), where the settings are those of its database."""

import secrets
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from backoffice.db.health import check_reachable, describe_location, failed_check, missing_migrations
from backoffice.db.transactions import atomic, with_retry
from backoffice.moving import serialization as rows_of
from backoffice.moving.checks import UNFINISHED
from backoffice.moving.models import Move
from backoffice.moving.ordering import keeps_primary_key, move_steps, moved_models
from backoffice.records.fields import now


class MoveRefused(Exception):
    """Why this move cannot be, in one line."""


class Database:
    """What both ends do."""

    def __init__(self):
        self.steps = {step.name: step for step in move_steps()}

    def where(self) -> str:
        self._may_be_reached()
        check_reachable()
        return describe_location()

    def _may_be_reached(self) -> None:
        """Refuse what is no use to connect to."""

    def digests(self, step: str, after: str, limit: int) -> tuple[str, dict[str, str]]:
        return rows_of.digests(self.steps[step].model, after, limit)


class SourceDatabase(Database):
    """The database that is moved from. Nothing is written to it."""

    def _may_be_reached(self):
        # Connecting would make a new file.
        if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
            raise MoveRefused(f"There is no file {connection.settings_dict['NAME']}.")

    def begin(self) -> list[dict]:
        """What there is to move: each step, and how many rows it has."""
        if missing_migrations():
            raise MoveRefused("Migrations are missing there: run manage.py migrate on it first.")
        if Move._base_manager.filter(ended_at=None).exists():
            raise MoveRefused("It is itself an unfinished copy of another database.")
        return [
            {
                "step": step.name,
                "what": str(step.model._meta.verbose_name_plural),
                "later": step.later,
                "keyed": keeps_primary_key(step.model),
                "rows": rows_of.count(step),
            }
            for step in self.steps.values()
        ]

    def read(self, step: str, after: str, limit: int) -> list[tuple[str, dict]]:
        return rows_of.read(self.steps[step], after, limit)


class TargetDatabase(Database):
    """The database that is moved to."""

    def __init__(self):
        super().__init__()
        self.run = secrets.token_hex(16)
        self.move = None

    def begin(self, source: str) -> dict:
        """Prepare the database, or take up an unfinished move. How far it is: a step and the last key of it."""
        tables = self._tables()
        unfinished = None
        if Move._meta.db_table in tables:
            unfinished = Move._base_manager.filter(ended_at=None).first()
        if unfinished is None:
            self._must_be_empty(tables)
            call_command("migrate", verbosity=0, interactive=False)
            self.move = Move(source=source, run=self.run)
            with atomic():
                rows_of.clear_named()
                self.move.save(force_insert=True)
        else:
            if unfinished.source != source:
                raise MoveRefused(f"It holds an unfinished move from another database ({unfinished.source}).")
            if missing_migrations():
                raise MoveRefused("It holds an unfinished move, begun with another version of the product.")
            self.move = unfinished
            # From here on, a process that was thought dead writes nothing more.
            Move._base_manager.filter(pk=unfinished.pk).update(run=self.run)
            self.move.refresh_from_db()
        return {"step": self.move.step, "after": self.move.after, "resumed": unfinished is not None}

    def write(self, step: str, rows: list[tuple[str, dict]]) -> None:
        def work():
            # First, so that two writers meet here.
            self._note(step=step, after=rows[-1][0])
            rows_of.write(self.steps[step], rows)

        with_retry(work)

    def digests_of(self, step: str, keys: list[str]) -> dict[str, str]:
        return rows_of.digests_of(self.steps[step].model, keys)

    def count(self, step: str) -> int:
        return rows_of.count(self.steps[step])

    def end(self) -> None:
        self._note(ended_at=now())

    def _note(self, **values) -> None:
        if not Move._base_manager.filter(pk=self.move.pk, run=self.run).update(**values):
            raise MoveRefused("Another move into this database has taken over.")

    def _tables(self) -> set[str]:
        if told := failed_check(but=UNFINISHED):
            raise MoveRefused(told)
        return set(connection.introspection.table_names())

    def _must_be_empty(self, tables: set[str]) -> None:
        if tables and "django_migrations" not in tables:
            raise MoveRefused("It holds tables of something else. Give an empty database.")
        for model in moved_models():
            if keeps_primary_key(model) and model._meta.db_table in tables and model._base_manager.exists():
                raise MoveRefused(f"It is not empty: it has {model._meta.verbose_name_plural}.")
