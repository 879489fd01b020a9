from django.core.management.base import BaseCommand, CommandError

from backoffice.records.availability import failed_check, missing_migrations, place, reach


class Command(BaseCommand):
    help = "Say in one line whether the database can be used; if not, the exit code is 1."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--migrated", action="store_true", help="it must be prepared for this version of the product, too"
        )

    def handle(self, *, migrated, verbosity, **options):
        reach()
        if told := failed_check():
            raise CommandError(told)
        if migrated and (missing := missing_migrations()):
            raise CommandError(
                f"The database lacks {len(missing)} migrations: run manage.py migrate ({place()})."
            )
        if verbosity:
            self.stdout.write(f"The database can be used ({place()}).")
