from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.records.fields.encryption import (
    decrypt_value,
    encrypted_columns,
    is_unreadable,
    iterate_tokens,
    rows_with_tokens,
)
from backoffice.records.management.progress import progress_bar

LISTED = 10
ADVICE = """{count} secrets cannot be read: no key in FIELD_KEYS decrypts them.
If you have a copy of the missing key (it was in FIELD_KEYS, or in var/field_keys), add it to FIELD_KEYS and restart the
server: the secrets can then be read again. If the key is lost, the secrets are lost, too: find out what they were and
enter them again, on the record's page or over JSON. Other properties of these records are not affected."""


class Command(BaseCommand):
    help = "Count the secrets, and list those that cannot be read because their key is missing."

    @no_translations
    def handle(self, **options: object) -> None:
        unreadable = 0
        for model, field in encrypted_columns():
            unreadable_ids, count = [], 0
            with progress_bar(
                f"{model._meta.verbose_name}: {field.verbose_name}", rows_with_tokens(model, field).count()
            ) as bar:
                for pk, token in iterate_tokens(model, field):
                    count += 1
                    if is_unreadable(decrypt_value(token, model, pk, field.attname)):
                        unreadable_ids.append(str(pk))
                    bar.update(1)
            unreadable += len(unreadable_ids)
            summary = f"{model._meta.verbose_name}, {field.verbose_name}: {count}"
            if unreadable_ids:
                summary += (
                    f", of which {len(unreadable_ids)} cannot be read: {', '.join(unreadable_ids[:LISTED])}"
                )
                summary += ", …" if len(unreadable_ids) > LISTED else ""
            self.stdout.write(summary)
        if unreadable:
            raise CommandError(ADVICE.format(count=unreadable))
