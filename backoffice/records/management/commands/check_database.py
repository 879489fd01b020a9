from django.core import checks
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from backoffice.records.availability import missing_migrations, place, reach


class Command(BaseCommand):
    help = "Say in one line whether the database can be used; if not, the exit code is 1."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--migrated", action="store_true", help="it must be prepared for this version of the product, too"
        )

    def handle(self, *, migrated, verbosity, **options):
        reach()
        found = checks.run_checks(tags=[checks.Tags.database], databases=[DEFAULT_DB_ALIAS])
        for error in found:
            if error.is_serious() and not error.is_silenced():
                raise CommandError(" ".join(f"{error.msg} {error.hint or ''}".split()))
        if migrated and (missing := missing_migrations()):
            raise CommandError(
                f"The database lacks {len(missing)} migrations: run manage.py migrate ({place()})."
            )
        if verbosity:
            self.stdout.write(f"The database can be used ({place()}).")
