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
    help = "Say in one line whether the database can be used; if not, the exit code is 1."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--migrated",
            action="store_true",
            help="it must be prepared for this version of the product, and be written, and pages must have their files",
        )

        parser.add_argument(
            "--processes",
            type=int,
            default=0,
            metavar="N",
            help="say if it has too few connections for so many processes",
        )

    @no_translations
    def handle(self, *, migrated, processes, verbosity, **options):
        check_reachable()
        if told := failed_check() or find_damage():
            raise CommandError(told)
        if migrated:
            if missing := missing_migrations():
                raise CommandError(
                    f"The database lacks {len(missing)} migrations: run manage.py migrate ({describe_location()})."
                )
            for told in database_warnings():
                self.stderr.write(f"Warning: {told}")
            probe_writing()
            record_keys()
            if not is_static_collected():
                raise CommandError("Pages have no style yet: run manage.py collectstatic --noinput.")
        if told := find_shortage(processes):
            self.stderr.write(told)
        if verbosity:
            self.stdout.write(f"The database can be used ({describe_location()}).")


def is_static_collected() -> bool:
    """Whether `collectstatic` has written the list of hashed names that every page asks."""
    read_manifest = getattr(staticfiles_storage, "read_manifest", None)
    return read_manifest is None or bool(read_manifest())
