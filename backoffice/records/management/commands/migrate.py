from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from backoffice.db.health import check_reachable, failed_check
from backoffice.records.key_files import UnusableKeyFile, write_missing_keys
from backoffice.records.key_fingerprints import has_fingerprints, record_keys


class Command(migrate.Command):
    """Django's command, with checks and key files. It stops, with a one-line message, if the database cannot
    be used or was used with other keys; it writes the key files of a new installation."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        if options["skip_checks"]:
            return super().execute(*args, **options)
        check_reachable()
        if problem := failed_check():
            raise CommandError(problem)
        is_dry_run = options["plan"] or options["check_unapplied"]
        if not is_dry_run:
            try:
                write_missing_keys()
            except UnusableKeyFile as error:
                raise CommandError(str(error)) from None
            if not (options["app_label"] or options["fake"]):
                finish_replaced_migrations()
        output = super().execute(*args, **options)
        if not is_dry_run and has_fingerprints():
            record_keys()
        return output


def finish_replaced_migrations() -> None:
    """Finish what a `migrate` of an earlier version began: it was interrupted if some of the migrations that
    `0001_v1` replaces are applied, but not all. (Django would find one app's `0001_v1` applied before another's.)"""
    loader = MigrationLoader(connection, replace_migrations=False)
    squashed = [migration for migration in loader.disk_migrations.values() if migration.replaces]
    replaced = {key for migration in squashed for key in migration.replaces}
    applied = replaced & loader.applied_migrations.keys()
    if applied and applied != replaced:
        executor = MigrationExecutor(connection)
        executor.loader = loader
        executor.migrate([migration.replaces[-1] for migration in squashed])
