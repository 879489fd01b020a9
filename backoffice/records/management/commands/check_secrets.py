from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.records.fields.encryption import each_token, encrypted_columns, is_unreadable, tokens, unseal
from backoffice.records.management.progress import progress_bar

LISTED = 10
ADVICE = """{count} secrets cannot be read: none of the keys in FIELD_KEYS opens them.
If you have a copy of the key that is missing (it was in FIELD_KEYS, or in var/field_keys), add it to FIELD_KEYS, start
the product again, and they can be read again. If it is lost, so are they: find out what they were and set them anew, on
the page of the record or over JSON. Nothing else of those records is affected."""


class Command(BaseCommand):
    help = "Tell how many secrets there are, and which of them cannot be read because their key is missing."

    @no_translations
    def handle(self, **options):
        unreadable = 0
        for model, field in encrypted_columns():
            lost, count = [], 0
            with progress_bar(
                f"{model._meta.verbose_name}: {field.verbose_name}", tokens(model, field).count()
            ) as bar:
                for pk, token in each_token(model, field):
                    count += 1
                    if is_unreadable(unseal(token, model, pk, field.attname)):
                        lost.append(str(pk))
                    bar.update(1)
            unreadable += len(lost)
            told = f"{model._meta.verbose_name}, {field.verbose_name}: {count}"
            if lost:
                told += f", of which {len(lost)} cannot be read: {', '.join(lost[:LISTED])}"
                told += ", …" if len(lost) > LISTED else ""
            self.stdout.write(told)
        if unreadable:
            raise CommandError(ADVICE.format(count=unreadable))
