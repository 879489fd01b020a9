"""The source and target databases of a move. Each runs in its own process (`workers`) with its own
settings."""

import secrets
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import connection

from backoffice.db.health import check_reachable, describe_location, failed_check, missing_migrations
from backoffice.db.transactions import atomic, with_retry
from backoffice.moving import serialization
from backoffice.moving.checks import UNFINISHED
from backoffice.moving.models import Move
from backoffice.moving.ordering import keeps_primary_key, move_steps, moved_models
from backoffice.records.fields import now


class MoveRefused(CommandError):
    """The reason why this move is not possible, in one line."""


class Database:
    """The common part of source and target."""

    digests = staticmethod(serialization.digests)

    def location(self) -> str:
        self._check_location()
        check_reachable()
        return describe_location()

    def _check_location(self) -> None:
        """Refuse locations that must not be connected to."""


class SourceDatabase(Database):
    """The database to move from. It is only read."""

    read = staticmethod(serialization.read)

    def _check_location(self):
        # Connecting would create a new file.
        if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
            raise MoveRefused(f"There is no file {connection.settings_dict['NAME']}.")

    def begin(self) -> list[dict]:
        """Return the steps of the move, each with its number of rows."""
        if missing_migrations():
            raise MoveRefused("Migrations are missing: run manage.py migrate on it first.")
        if Move._base_manager.filter(ended_at=None).exists():
            raise MoveRefused("It is itself an unfinished copy of another database.")
        return [
            {
                "step": step.name,
                "label": str(step.model._meta.verbose_name_plural),
                "later": step.later,
                "keyed": keeps_primary_key(step.model),
                "rows": serialization.count(step.name),
            }
            for step in move_steps()
        ]


class TargetDatabase(Database):
    """The database to move to."""

    count = staticmethod(serialization.count)
    digests_of = staticmethod(serialization.digests_of)

    def __init__(self):
        self.run = secrets.token_hex(16)
        self.move = None

    def begin(self, source: str) -> dict:
        """Prepare the database, or resume an unfinished move. Returns the progress: a step and its last
        key."""
        tables = self._tables()
        unfinished = None
        if Move._meta.db_table in tables:
            unfinished = Move._base_manager.filter(ended_at=None).first()
        if unfinished is None:
            self._check_empty(tables)
            call_command("migrate", verbosity=0, interactive=False)
            self.move = Move(source=source, run=self.run)
            with atomic():
                serialization.clear_natural_key_tables()
                self.move.save(force_insert=True)
        else:
            if unfinished.source != source:
                raise MoveRefused(f"It holds an unfinished move from another database ({unfinished.source}).")
            if missing_migrations():
                raise MoveRefused(
                    "It holds an unfinished move that was started with another version of Caretaker."
                )
            self.move = unfinished
            # From now on, an earlier process that is still alive cannot write.
            Move._base_manager.filter(pk=unfinished.pk).update(run=self.run)
            self.move.refresh_from_db()
        return {"step": self.move.step, "after": self.move.after, "resumed": unfinished is not None}

    def write(self, step: str, rows: list[tuple[str, dict]]) -> None:
        def write_batch():
            # First, so that concurrent writers conflict on this row.
            self._update_move(step=step, after=rows[-1][0])
            serialization.write(step, rows)

        with_retry(write_batch)

    def end(self) -> None:
        self._update_move(ended_at=now())

    def _update_move(self, **values) -> None:
        if not Move._base_manager.filter(pk=self.move.pk, run=self.run).update(**values):
            raise MoveRefused("Another move into this database has taken over.")

    def _tables(self) -> set[str]:
        if problem := failed_check(except_id=UNFINISHED):
            raise MoveRefused(problem)
        return set(connection.introspection.table_names())

    def _check_empty(self, tables: set[str]) -> None:
        if tables and "django_migrations" not in tables:
            raise MoveRefused("It holds tables of another application. Use an empty database.")
        for model in moved_models():
            if keeps_primary_key(model) and model._meta.db_table in tables and model._base_manager.exists():
                raise MoveRefused(f"It is not empty: it has {model._meta.verbose_name_plural}.")
