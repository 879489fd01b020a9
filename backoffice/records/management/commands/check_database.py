from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management.base import BaseCommand, CommandError, no_translations

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

    def add_arguments(self, parser):
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
    def handle(self, *, migrated, processes, verbosity, **options):
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
            if not is_static_collected():
                raise CommandError("Pages have no style yet: run manage.py collectstatic --noinput.")
        if problem := find_shortage(processes):
            self.stderr.write(problem)
        if verbosity:
            self.stdout.write(f"The database can be used ({describe_location()}).")


def is_static_collected() -> bool:
    """Return whether `collectstatic` has written the manifest of hashed names, which every page needs."""
    read_manifest = getattr(staticfiles_storage, "read_manifest", None)
    return read_manifest is None or bool(read_manifest())
