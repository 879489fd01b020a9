from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.records.fields.encryption import each_token, encrypted_columns, reseal, tokens
from backoffice.records.key_fingerprints import accept_keys
from backoffice.records.management.progress import progress_bar


class Command(BaseCommand):
    help = (
        "Encrypt every secret anew with the first key of FIELD_KEYS, so that the others can be dropped. Can be stopped "
        "and run again, and run while the product serves; versions and history stay as they are."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--new-key", action="store_true", help="only print a new key, to be put into FIELD_KEYS"
        )

    @no_translations
    def handle(self, *, new_key, **options):
        if new_key:
            self.stdout.write(Fernet.generate_key().decode())
            return
        done = before = unreadable = 0
        for model, field in encrypted_columns():
            what = f"{model._meta.verbose_name}: {field.verbose_name}"
            with progress_bar(what, tokens(model, field).count(), unit="") as bar:
                for pk, token in each_token(model, field):
                    new = reseal(token)
                    unreadable += new is None
                    before += new == token
                    if new not in (None, token):
                        # Whoever sets a new value meanwhile encrypts it with the first key anyway.
                        mine = model._base_manager.filter(pk=pk, **{field.attname: token})
                        done += mine.update(**{field.attname: new})
                    bar.update(1)
        self.stdout.write(f"{done} secrets encrypted anew, {before} were already.")
        if unreadable:
            raise CommandError(
                f"{unreadable} secrets cannot be read: none of the keys opens them. `manage.py check_secrets` lists them."
            )
        accept_keys("FIELD_KEYS", keys=1)
