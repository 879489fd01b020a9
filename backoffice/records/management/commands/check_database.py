from collections.abc import Callable

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from backoffice.db.health import (
    check_reachable,
    database_warnings,
    describe_location,
    failed_check,
    find_damage,
    find_shortage,
    missing_migrations,
    probe_writing,
)
from backoffice.records.key_fingerprints import record_keys


class Command(BaseCommand):
    help = (
        "Check whether the database can be used. If not, print the reason in one line and exit with code 1."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--migrated",
            action="store_true",
            help="also require all migrations, write access and collected static files",
        )

        parser.add_argument(
            "--processes",
            type=int,
            default=0,
            metavar="N",
            help="warn if the database has too few connections for N processes",
        )

    @no_translations
    def handle(self, *, migrated: bool, processes: int, verbosity: int, **options: object) -> None:
        check_reachable()
        if problem := failed_check() or find_damage():
            raise CommandError(problem)
        if migrated:
            if missing := missing_migrations():
                raise CommandError(
                    f"The database lacks {len(missing)} migrations: run manage.py migrate ({describe_location()})."
                )
            for problem in database_warnings():
                self.stderr.write(f"Warning: {problem}")
            probe_writing()
            record_keys()
            if problem := find_static_problem():
                raise CommandError(problem)
        if problem := find_shortage(processes):
            self.stderr.write(problem)
        if verbosity:
            self.stdout.write(f"The database can be used ({describe_location()}).")


def find_static_problem() -> str:
    """Return why the static files cannot be served, and what to do. Empty if they can."""
    find_problem: Callable[[], str] | None = getattr(staticfiles_storage, "find_problem", None)
    return find_problem() if find_problem else ""
