from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.db.compat import empty_write_log
from backoffice.db.object_ids import is_object_id
from backoffice.db.search_index import purge_deleted_words
from backoffice.db.transactions import WriteConflict, with_retry
from backoffice.privacy.erasers import Erasure, erase_outside_records, redact_text_outside_records
from backoffice.privacy.mentions import (
    MentionRedactor,
    RedactedPerson,
    RedactionResult,
    TextRedactor,
    find_occurrences,
    make_property_redactor,
    record_models,
    redact_by_id,
)
from backoffice.privacy.redaction import Redactor
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Conflict
from backoffice.records.management.progress import progress_bar
from backoffice.records.models import Entity, History

SHORTEST = 3
BATCH = 200
"""Number of records per transaction."""


class _DryRunEnded(Exception):
    """Raised at the end of a transaction of a dry run to roll it back."""


class Command(BaseCommand):
    help = (
        "Erase a person: redact the personal data of their record, in it, in its history, and where other records of the "
        "company name them. Identify users by their username. This cannot be undone."
    )

    def add_arguments(self, parser):
        kinds = ", ".join(sorted(model._meta.model_name for model in record_models()))
        parser.add_argument(
            "target", nargs="*", metavar="MODEL ID [PROPERTY …]",
            help=f"{kinds}; with PROPERTY, only these properties of this record",
        )  # fmt: skip
        parser.add_argument("--text", metavar="TEXT", help="list the records in which this text occurs")
        parser.add_argument("--everywhere", action="store_true", help="redact TEXT wherever it occurs")
        parser.add_argument(
            "--dry-run", action="store_true", help="list what would be redacted, and change nothing"
        )

    @no_translations
    def handle(self, *, target, text, everywhere, dry_run, **options):
        if len(target) == 1 or not (target or text):
            raise CommandError("Enter what to redact: MODEL ID, or --text TEXT.")
        if everywhere and not text:
            raise CommandError("--everywhere requires --text.")
        if text and len("".join(text.split())) < SHORTEST:
            raise CommandError(
                f"Enter a text of at least {SHORTEST} letters. A shorter one occurs nearly everywhere."
            )
        self.actor, self.context, self.dry_run = Installation(), ChangeContext(Channel.COMMAND), dry_run
        company_id = self._redact_record(*target) if target else None
        if text:
            self._redact_text(TextRedactor(text), company_id, everywhere)
        if dry_run:
            self.stdout.write("Nothing was redacted: this was a dry run.")
        else:
            purge_deleted_words()
            if not empty_write_log():
                self.stderr.write(
                    "SQLite's write-ahead log still has the redacted data. Run this command again in a moment."
                )

    def _redact_record(self, kind: str, key: str, *names: str) -> str | None:
        """Redact a record. Return the id of its company."""
        model = self._find_model(kind)
        pk = self._find_pk(model, key)
        record = model._base_manager.filter(pk=pk).first()
        if unknown := [name for name in names if name not in model.properties]:
            names_of_properties = ", ".join(model.properties)
            raise CommandError(f"There is no property “{unknown[0]}”. Choose one of: {names_of_properties}.")
        chosen = names or model.personal_properties
        if not chosen:
            raise CommandError(
                f"A {model._meta.verbose_name} has no personal properties: name the properties to redact."
            )
        person = RedactedPerson.find(model, pk, record)
        mentioning = []
        if not names and model.identifying_properties:
            kinds = [item for item in record_models() if item.mentions]
            mentioning = find_occurrences(person.company_id, person.occurs_in, kinds, progress_bar)
        try:
            redactor = make_property_redactor(model, record, chosen)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        # The person's own record comes last: a repeated run finds the other records by its names.
        results = self._redact_records(
            [item for item in mentioning if item != (model, pk)], MentionRedactor(person)
        )

        def redact_own_record():
            result = redact_by_id(model, pk, redactor, self.actor, self.context)
            return result, [] if names else erase_outside_records(Erasure(person, self.actor, self.context))

        result, counts = self._run(redact_own_record)
        results += self._report([result])
        self._report_counts(counts)
        if not results:
            self.stdout.write("There was nothing to redact in any record.")
        return person.company_id

    def _redact_text(self, redactor: TextRedactor, company_id: str | None, everywhere: bool) -> None:
        """List where a text occurs, or redact it there."""
        records = find_occurrences(company_id, redactor.occurs_in, record_models(), progress_bar)
        if not everywhere:
            self.stdout.write(
                f"The text occurs in {len(records)} records:" if records else "The text occurs in no record."
            )
            for model, pk in records:
                record = model._base_manager.filter(pk=pk).first()
                labels = [
                    prop.label
                    for prop in (record.properties.values() if record else ())
                    if redactor.occurs_in(model, prop.plain(prop.read(record)))
                ]
                self.stdout.write(
                    f"  {model._meta.label_lower} {pk}: {', '.join(labels) or 'in its history'}"
                )
            self._report_counts(redact_text_outside_records(redactor, write=False))
            return
        if not self._redact_records(records, redactor):
            self.stdout.write("There was nothing to redact in any record.")
        self._report_counts(self._run(lambda: redact_text_outside_records(redactor, write=True)))

    def _redact_records(self, records: list, redactor: Redactor) -> list[RedactionResult]:
        """Redact records, in batches of one transaction each."""
        results = []
        with progress_bar("Redacting", len(records), " records") as bar:
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]

                def redact_batch(batch=batch):
                    return [redact_by_id(*item, redactor, self.actor, self.context) for item in batch]

                results += self._report(self._run(redact_batch))
                bar.update(len(batch))
        return results

    def _run(self, work: Callable):
        """Return the result of `work`, run in one transaction; a dry run is rolled back."""
        results = []

        def run_work():
            results[:] = [work()]
            if self.dry_run:
                raise _DryRunEnded

        try:
            with_retry(run_work)
        except _DryRunEnded:
            pass
        except ValidationError as error:
            raise CommandError(f"Not everything was redacted: {' '.join(error.messages)}") from error
        except (Conflict, WriteConflict) as error:
            raise CommandError(
                "Not everything was redacted: these records are being changed by others. Run this command again."
            ) from error
        return results[0]

    def _report(self, outcomes: list[RedactionResult | None]) -> list[RedactionResult]:
        results = [result for result in outcomes if result is not None]
        for result in results:
            labels = ", ".join(result.labels) or "in its history only"
            self.stdout.write(f"{result.record}: {labels} ({result.rows} history rows)")
        return results

    def _report_counts(self, counts: list[tuple[str, int]]) -> None:
        for label, count in counts:
            self.stdout.write(f"{label}: {count}")

    def _find_model(self, kind: str) -> type[Entity]:
        names = (kind.lower().replace(" ", ""), kind.lower())
        models = [
            model
            for model in record_models()
            if {model._meta.model_name, model._meta.label_lower} & set(names)
        ]
        if len(models) != 1:
            choices = ", ".join(sorted(model._meta.model_name for model in record_models()))
            raise CommandError(f"There is no model “{kind}”. Choose one of: {choices}.")
        return models[0]

    def _find_pk(self, model: type[Entity], key: str) -> str:
        """Return the id of the record, which may be deleted."""
        username = getattr(model, "USERNAME_FIELD", "")
        if username:
            pk = model._base_manager.filter(**{username: key}).values_list("pk", flat=True).first()
            if pk:
                return pk
        if is_object_id(key):
            rows = History.objects.filter(record_type=model._meta.label_lower, record_id=key.lower())
            if rows.exists() or model._base_manager.filter(pk=key).exists():
                return key.lower()
        raise CommandError(f"There is no {model._meta.verbose_name} “{key}”, and there never was.")
