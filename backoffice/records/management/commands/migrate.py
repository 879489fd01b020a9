from django.core.management.base import CommandError
from django.core.management.commands import migrate

from backoffice.records.availability import failed_check, reach


class Command(migrate.Command):
    """Django's command; a database that cannot be used is told in one line first."""

    def execute(self, *args, **options):
        if not options["skip_checks"]:
            reach()
            if told := failed_check():
                raise CommandError(told)
        return super().execute(*args, **options)
