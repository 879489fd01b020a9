from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.db.compat import empty_write_log
from backoffice.db.object_ids import is_object_id
from backoffice.db.search_index import purge_deleted_words
from backoffice.db.transactions import WriteConflict, with_retry
from backoffice.privacy.erasers import Erasure, erase_elsewhere, texts_elsewhere
from backoffice.privacy.mentions import (
    Blanked,
    MentionRedactor,
    RedactedPerson,
    TextRedactor,
    blanked,
    candidates,
    entities,
    own_properties,
)
from backoffice.privacy.redaction import Redactor
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.exceptions import Conflict
from backoffice.records.management.progress import progress_bar
from backoffice.records.models import Entity, History

SHORTEST = 3
BATCH = 200
"""How many records are written in one transaction."""


class _NothingIsKept(Exception):
    """Raised at the end of a transaction of a dry run, so that it is taken back."""


class Command(BaseCommand):
    help = (
        "Forget a person: blank what a record says of them, in it, in its history, and where other records of the "
        "company name them. Users are named by their username. This cannot be taken back."
    )

    def add_arguments(self, parser):
        kinds = ", ".join(sorted(model._meta.model_name for model in entities()))
        parser.add_argument(
            "given", nargs="*", metavar="MODEL ID [PROPERTY …]",
            help=f"{kinds}; with PROPERTY, only these properties of this record",
        )  # fmt: skip
        parser.add_argument("--text", metavar="TEXT", help="list where this text is left, in any record")
        parser.add_argument("--everywhere", action="store_true", help="blank TEXT wherever it is")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be blanked, and blank nothing"
        )

    @no_translations
    def handle(self, *, given, text, everywhere, dry_run, **options):
        if len(given) == 1 or not (given or text):
            raise CommandError("Say what to redact: MODEL ID, or --text TEXT.")
        if everywhere and not text:
            raise CommandError("--everywhere goes with --text.")
        if text and len("".join(text.split())) < SHORTEST:
            raise CommandError(f"A text of fewer than {SHORTEST} letters is in nearly everything.")
        self.actor, self.via, self.dry_run = Installation(), ChangeContext(Channel.COMMAND), dry_run
        company_id = self._record(*given) if given else None
        if text:
            self._words(TextRedactor(text), company_id, everywhere)
        if dry_run:
            self.stdout.write("Nothing was blanked: this was a dry run.")
        else:
            purge_deleted_words()
            if not empty_write_log():
                self.stderr.write(
                    "SQLite's log of writes still has what was there. Run this again in a moment."
                )

    def _record(self, kind: str, key: str, *names: str) -> str | None:
        """Redact a record; the id of its company."""
        model = self._model(kind)
        pk = self._pk(model, key)
        record = model._base_manager.filter(pk=pk).first()
        if unknown := [name for name in names if name not in model.properties]:
            known = ", ".join(model.properties)
            raise CommandError(f"There is no property “{unknown[0]}”. There are: {known}.")
        chosen = names or model.personal
        if not chosen:
            raise CommandError(
                f"A {model._meta.verbose_name} tells of nobody by itself: name its properties."
            )
        person = RedactedPerson.of(model, pk, record)
        found = []
        if not names and model.identifying:
            kinds = [each for each in entities() if each.mentions]
            found = candidates(person.company_id, person.occurs_in, kinds, progress_bar)
        try:
            judge = own_properties(model, record, chosen)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        # The person's own record comes last: whoever has to run this again finds the rest by what it says.
        told = self._blanked([each for each in found if each != (model, pk)], MentionRedactor(person))

        def last():
            outcome = blanked(model, pk, judge, self.actor, self.via)
            return outcome, [] if names else erase_elsewhere(Erasure(person, self.actor, self.via))

        outcome, counts = self._done(last)
        told += self._tell([outcome])
        self._count(counts)
        if not told:
            self.stdout.write("There was nothing to blank in any record.")
        return person.company_id

    def _words(self, words: TextRedactor, company_id: str | None, everywhere: bool) -> None:
        """List where a text is left, or blank it there."""
        found = candidates(company_id, words.occur_in, entities(), progress_bar)
        if not everywhere:
            self.stdout.write(
                f"The text is left in {len(found)} records:" if found else "The text is in no record."
            )
            for model, pk in found:
                record = model._base_manager.filter(pk=pk).first()
                where = [
                    prop.label
                    for prop in (record.properties.values() if record else ())
                    if words.occur_in(model, prop.plain(prop.read(record)))
                ]
                self.stdout.write(f"  {model._meta.label_lower} {pk}: {', '.join(where) or 'in its history'}")
            self._count(texts_elsewhere(words, write=False))
            return
        if not self._blanked(found, words):
            self.stdout.write("There was nothing to blank in any record.")
        self._count(self._done(lambda: texts_elsewhere(words, write=True)))

    def _blanked(self, found: list, judge: Redactor) -> list[Blanked]:
        """Blank what a judge says in records, some of them in each transaction; what came of it."""
        told = []
        with progress_bar("Blanking", len(found), " records") as bar:
            for start in range(0, len(found), BATCH):
                batch = found[start : start + BATCH]
                told += self._tell(
                    self._done(
                        lambda batch=batch: [blanked(*each, judge, self.actor, self.via) for each in batch]
                    )
                )
                bar.update(len(batch))
        return told

    def _done(self, work: Callable):
        """What `work` answers. It is done in one transaction, all of it or nothing; in a dry run, nothing."""
        answers = []

        def once():
            answers[:] = [work()]
            if self.dry_run:
                raise _NothingIsKept

        try:
            with_retry(once)
        except _NothingIsKept:
            pass
        except ValidationError as error:
            raise CommandError(f"Not all was blanked: {' '.join(error.messages)}") from error
        except (Conflict, WriteConflict) as error:
            raise CommandError(
                "Not all was blanked: somebody is changing these records. Run it again."
            ) from error
        return answers[0]

    def _tell(self, outcomes: list[Blanked | None]) -> list[Blanked]:
        told = [each for each in outcomes if each is not None]
        for each in told:
            labels = ", ".join(each.labels) or "in its history only"
            self.stdout.write(f"{each.record}: {labels} ({each.rows} history rows)")
        return told

    def _count(self, counts: list[tuple[str, int]]) -> None:
        for what, count in counts:
            self.stdout.write(f"{what}: {count}")

    def _model(self, kind: str) -> type[Entity]:
        names = (kind.lower().replace(" ", ""), kind.lower())
        found = [
            model for model in entities() if {model._meta.model_name, model._meta.label_lower} & set(names)
        ]
        if len(found) != 1:
            known = ", ".join(sorted(model._meta.model_name for model in entities()))
            raise CommandError(f"There is no kind “{kind}”. There are: {known}.")
        return found[0]

    def _pk(self, model: type[Entity], key: str) -> str:
        """The id of the record that was named, which may have been removed."""
        username = getattr(model, "USERNAME_FIELD", "")
        if username:
            found = model._base_manager.filter(**{username: key}).values_list("pk", flat=True).first()
            if found:
                return found
        if is_object_id(key):
            rows = History.objects.filter(record_type=model._meta.label_lower, record_id=key.lower())
            if rows.exists() or model._base_manager.filter(pk=key).exists():
                return key.lower()
        raise CommandError(f"There is no {model._meta.verbose_name} “{key}”, nor was there one.")
