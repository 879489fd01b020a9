from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from backoffice.records.fields.encryption import (
    encrypted_columns,
    iterate_tokens,
    reencrypt_token,
    rows_with_tokens,
)
from backoffice.records.key_fingerprints import accept_keys
from backoffice.records.management.progress import progress_bar


class Command(BaseCommand):
    help = (
        "Encrypt every secret with the first key of FIELD_KEYS, so that the others can be removed. The command can be "
        "interrupted and run again, and run while the server is running. Versions and history are not changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new-key", action="store_true", help="only print a new key for FIELD_KEYS")

    @no_translations
    def handle(self, *, new_key: bool, **options: object) -> None:
        if new_key:
            self.stdout.write(Fernet.generate_key().decode())
            return
        rotated = current = unreadable = 0
        for model, field in encrypted_columns():
            label = f"{model._meta.verbose_name}: {field.verbose_name}"
            with progress_bar(label, rows_with_tokens(model, field).count(), unit="") as bar:
                for pk, token in iterate_tokens(model, field):
                    new = reencrypt_token(token)
                    unreadable += new is None
                    current += new == token
                    if new not in (None, token):
                        # A value set meanwhile is encrypted with the first key anyway.
                        unchanged_row = model._base_manager.filter(pk=pk, **{field.attname: token})
                        rotated += unchanged_row.update(**{field.attname: new})
                    bar.update(1)
        self.stdout.write(f"{rotated} secrets encrypted with the first key, {current} were already.")
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets cannot be read: no key decrypts them. `manage.py check_secrets` lists them."
            )
        accept_keys("FIELD_KEYS", keys=1)
