from django.core.management.base import CommandError
from django.core.management.commands import migrate

from backoffice.db.health import check_reachable, failed_check
from backoffice.records.key_files import UnusableKeyFile, write_missing_keys
from backoffice.records.key_fingerprints import has_fingerprints, record_keys


class Command(migrate.Command):
    """Django's command, with checks and key files. It stops, with a one-line message, if the database cannot
    be used or was used with other keys; it writes the key files of a new installation."""

    def execute(self, *args, **options):
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
        output = super().execute(*args, **options)
        if not is_dry_run and has_fingerprints():
            record_keys()
        return output
