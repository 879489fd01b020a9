import shlex
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.exchange.arguments import find_actor, find_company
from backoffice.exchange.exportables import exportables
from backoffice.exchange.importer import Import, ImportStopped, digest_of
from backoffice.exchange.models import ImportRun
from backoffice.exchange.rollback import NotRolledBack, undo_import
from backoffice.exchange.validation import ImportContext, ImportFile
from backoffice.people.models import Company
from backoffice.records.actors import Actor
from backoffice.records.management.progress import progress_bar

STANDARD_INPUT = "-"
PARTIAL_SUCCESS = 2
"""The exit status if some documents were imported and others rejected."""


class Command(BaseCommand):
    help = (
        "Import documents in the format of API responses, exports or mongoexport, as arrays or JSON lines. All are "
        "checked before any is written."
    )

    def add_arguments(self, parser):
        kinds = [slug for slug, subject in exportables().items() if subject.document]
        parser.add_argument(
            "pairs", nargs="*", metavar="KIND FILE", help=f"{', '.join(kinds)}; - is standard input"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
        parser.add_argument(
            "--keep-going", action="store_true", help="import the valid documents, reject the others"
        )
        parser.add_argument(
            "--as", dest="username", metavar="USERNAME", help="import in the name of this user"
        )
        parser.add_argument(
            "--company", metavar="NAME", help="the company of the records (default: their companyId)"
        )
        parser.add_argument("--batch-size", type=int, metavar="N", help="write N documents per transaction")
        parser.add_argument("--undo", metavar="IMPORT", help="roll back this import")

    @no_translations
    def handle(self, *, pairs, undo, username, **options):
        actor = find_actor(username)
        if undo is not None:
            if pairs:
                raise CommandError("Name either files to import or an import to undo.")
            self._roll_back(undo, actor)
            return
        if not pairs or len(pairs) % 2:
            raise CommandError(
                "Enter one or more pairs of a type and a file, such as: complaints complaints.json"
            )
        if (size := options["batch_size"]) is not None and size < 1:
            raise CommandError("Enter a batch size of at least 1.")
        with ExitStack() as files:
            sources = [
                self._source(kind, name, actor, files)
                for kind, name in zip(pairs[::2], pairs[1::2], strict=True)
            ]
            self._import(sources, actor, username, **options)

    def _source(self, kind: str, name: str, actor: Actor, files: ExitStack) -> ImportFile:
        subject = exportables().get(kind)
        if subject is None or subject.document is None:
            known = (slug for slug, subject in exportables().items() if subject.document)
            raise CommandError(
                f"Documents of type “{kind}” cannot be imported. Choose one of: {', '.join(known)}."
            )
        if subject.model is Company and not actor.may("add", Company):
            raise CommandError("Only the installation itself or a superuser can import companies.")
        if name == STANDARD_INPUT:
            file = files.enter_context(TemporaryFile())  # noqa: SIM115 (the stack closes it)
            shutil.copyfileobj(getattr(sys.stdin, "buffer", sys.stdin), file)
            file.flush()
            return ImportFile(subject, "standard input", file)
        try:
            return ImportFile(subject, name, files.enter_context(Path(name).open("rb")))
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error

    def _import(self, sources, actor, username, *, dry_run, keep_going, company, batch_size, **options):
        for_company = find_company(company, actor)
        kinds = [source.subject.slug for source in sources]
        digest = digest_of(sources, [*kinds, username or "", company or "", str(keep_going)])
        run = self._run(digest, sources, actor, username, company, keep_going, batch_size, dry_run)
        context = ImportContext(actor, for_company.pk if for_company else None)
        importer = Import(sources, context, run, progress_bar, keep_going)
        importer.check()
        refused, total = importer.refused_count, importer.unreadable + importer.staging.count()
        if refused and not keep_going:
            self._report(importer)
            raise CommandError(f"Nothing was written: {refused} of {total} documents were rejected.")
        if dry_run:
            self._report(importer)
            count = importer.staging.count("todo")
            result = "would be imported. Nothing was written: this was a dry run."
            self._print_count(importer, result, count)
        else:
            self._write(importer, run, batch_size)
        if refused := importer.refused_count:
            raise CommandError(f"{refused} documents were rejected.", returncode=PARTIAL_SUCCESS)

    def _write(self, importer: Import, run: ImportRun, batch_size: int | None) -> None:
        try:
            importer.write(batch_size)
        except KeyboardInterrupt:
            if importer.undo_on_failure:
                self._roll_back_failed(importer, run)
            raise
        except ImportStopped as error:
            self._report(importer)
            if importer.undo_on_failure:
                self._roll_back_failed(importer, run)
            unfinished = ImportRun.objects.filter(pk=run.pk, finished_at=None, undone_at=None).exists()
            raise CommandError(
                f"{error} {self._next_steps(run) if unfinished else 'Nothing was written.'}"
            ) from error
        self._report(importer)
        outcome = importer.outcome
        self._print_count(
            importer,
            f"imported: {outcome.created} new, {outcome.changed} changed, {outcome.unchanged} unchanged"
            + (f", {outcome.already_imported} by an earlier attempt." if outcome.already_imported else "."),
            outcome.imported,
        )
        if outcome.created or outcome.changed or outcome.already_imported:
            self.stdout.write(f"To undo the import: manage.py import_documents --undo {run.pk}")

    def _roll_back_failed(self, importer: Import, run: ImportRun) -> None:
        """Roll back what was written before the failure: an import is all or nothing."""
        self.stderr.write("Rolling back what was written.")
        try:
            undo_import(run, importer.context.actor, progress_bar)
        except NotRolledBack as error:
            for reason in error.reasons:
                self.stderr.write(reason)

    def _run(self, digest, sources, actor, username, company, keep_going, batch_size, dry_run) -> ImportRun:
        """Return a new run, or the unfinished one that this command continues."""
        words = ["import_documents"]
        for source in sources:
            words += [source.subject.slug, source.name]
        words += ["--as", username] if username else []
        words += ["--company", company] if company else []
        words += ["--keep-going"] if keep_going else []
        words += ["--batch-size", str(batch_size)] if batch_size else []
        run = ImportRun(
            digest=digest, command=shlex.join(words), user_id=actor.user_id, who=actor.history_name
        )
        unfinished = ImportRun.unfinished()
        if unfinished is None or dry_run:
            return run
        if unfinished.digest != digest:
            raise CommandError(f"Another import is unfinished. {self._next_steps(unfinished)}")
        self.stderr.write("Continuing an interrupted import.")
        return unfinished

    def _next_steps(self, run: ImportRun) -> str:
        return (
            f"{run.done} documents of it are written. To finish it: manage.py {run.command}\n"
            f"To undo it: manage.py import_documents --undo {run.pk}"
        )

    def _print_count(self, importer: Import, result: str, count: int) -> None:
        self.stdout.write(f"{count} of {importer.unreadable + importer.staging.count()} documents {result}")

    def _report(self, importer: Import) -> None:
        for position, field, message in importer.staging.errors():
            self.stdout.write(": ".join([position, *([field] if field else []), message]))

    def _roll_back(self, pk: str, actor: Actor) -> None:
        run = ImportRun.objects.filter(pk=pk).first()
        if run is None:
            raise CommandError(f"There is no import “{pk}”.")
        if run.undone_at is not None:
            raise CommandError("This import was undone already.")
        if not actor.may("import", ImportRun):
            raise CommandError("You may not undo imports.")
        try:
            outcome = undo_import(run, actor, progress_bar)
        except NotRolledBack as error:
            for reason in error.reasons:
                self.stdout.write(reason)
            raise CommandError(
                "The import was undone in part. Correct these problems, then run --undo again."
                if error.is_partial
                else "Nothing was undone."
            ) from error
        self.stdout.write(f"{outcome.deleted} records deleted, {outcome.reverted} changes undone.")
        for description in outcome.irreversible:
            self.stdout.write(f"{description}: unchanged.")
