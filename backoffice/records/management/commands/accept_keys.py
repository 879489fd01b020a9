from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.records.key_files import UnusableKeyFile, write_missing_keys
from backoffice.records.key_fingerprints import accept_keys


class Command(BaseCommand):
    help = (
        "Use this database with the current keys from now on, after a key was lost for good or changed on purpose. "
        "Missing key files are written. What was encrypted with another key stays unreadable."
    )
    requires_system_checks = []  # they would report the changed keys

    @no_translations
    def handle(self, **options: object) -> None:
        try:
            write_missing_keys()
        except UnusableKeyFile as error:
            raise CommandError(str(error)) from None
        accept_keys()
        self.stdout.write(
            "The current keys are accepted. `manage.py check_secrets` lists the secrets that they do not decrypt."
        )
