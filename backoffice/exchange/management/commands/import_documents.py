import shlex
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile

from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.exchange.arguments import find_actor, find_company
from backoffice.exchange.exportables import exportables
from backoffice.exchange.importer import Import, Stopped, digest_of
from backoffice.exchange.models import ImportRun
from backoffice.exchange.rollback import NotRolledBack, undo_import
from backoffice.exchange.validation import ImportContext, ImportFile
from backoffice.people.models import Company
from backoffice.records.actors import Actor
from backoffice.records.management.progress import progress_bar

STANDARD_INPUT = "-"
PARTLY = 2
"""The exit status when some documents were taken and others refused."""


class Command(BaseCommand):
    help = (
        "Import documents as the APIs answer them, as exports have them, or as mongoexport writes them: arrays or JSON "
        "lines. Everything is checked before anything is written."
    )

    def add_arguments(self, parser):
        kinds = [slug for slug, subject in exportables().items() if subject.document]
        parser.add_argument(
            "given", nargs="*", metavar="KIND FILE", help=f"{', '.join(kinds)}; - is the standard input"
        )
        parser.add_argument("--dry-run", action="store_true", help="check everything and write nothing")
        parser.add_argument(
            "--keep-going", action="store_true", help="take the good documents, refuse the others"
        )
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="in the name of this user")
        parser.add_argument(
            "--company", metavar="NAME", help="whose records they become (default: their companyId)"
        )
        parser.add_argument(
            "--batch-size", type=int, metavar="N", help="N documents in a transaction, journalled"
        )
        parser.add_argument("--undo", metavar="IMPORT", help="take this import back")

    @no_translations
    def handle(self, *, given, undo, username, **options):
        actor = find_actor(username)
        if undo is not None:
            if given:
                raise CommandError("Name files to import, or an import to undo.")
            self._undo(undo, actor)
            return
        if not given or len(given) % 2:
            raise CommandError(
                "Give a kind and a file, and perhaps more of them: complaints complaints.json …"
            )
        if (size := options["batch_size"]) is not None and size < 1:
            raise CommandError("A batch has at least one document.")
        with ExitStack() as files:
            sources = [
                self._source(kind, name, actor, files)
                for kind, name in zip(given[::2], given[1::2], strict=True)
            ]
            self._import(sources, actor, username, **options)

    def _source(self, kind: str, name: str, actor: Actor, files: ExitStack) -> ImportFile:
        subject = exportables().get(kind)
        if subject is None or subject.document is None:
            known = (slug for slug, subject in exportables().items() if subject.document)
            raise CommandError(
                f"Documents of kind “{kind}” cannot be imported. There are: {', '.join(known)}."
            )
        if subject.model is Company and not actor.may("add", Company):
            raise CommandError("Companies are imported by the installation itself, or by a superuser.")
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
        home = find_company(company, actor)
        kinds = [source.subject.slug for source in sources]
        digest = digest_of(sources, [*kinds, username or "", company or "", str(keep_going)])
        run = self._run(digest, sources, actor, username, company, keep_going, batch_size, dry_run)
        terms = ImportContext(actor, home.pk if home else None)
        work = Import(sources, terms, run, progress_bar, keep_going)
        work.check()
        refused = work.refused
        if not refused or keep_going:
            if dry_run:
                self._report(work)
                self._say(
                    work,
                    "would be taken. Nothing was written: this was a dry run.",
                    work.ledger.count("todo"),
                )
            else:
                self._write(work, run, batch_size)
        else:
            self._report(work)
            count = work.unreadable + work.ledger.count()
            raise CommandError(f"Nothing was written: of {count} documents, {refused} are refused.")
        if work.refused:
            raise CommandError(f"{work.refused} documents are refused.", returncode=PARTLY)

    def _write(self, work: Import, run: ImportRun, batch_size: int | None) -> None:
        try:
            work.write(batch_size)
        except KeyboardInterrupt:
            if work.is_whole:
                self._take_back(work, run)
            raise
        except Stopped as error:
            self._report(work)
            if work.is_whole:
                self._take_back(work, run)
            unfinished = ImportRun.objects.filter(pk=run.pk, finished_at=None, undone_at=None).exists()
            raise CommandError(
                f"{error} {self._way_on(run) if unfinished else 'Nothing was written.'}"
            ) from error
        self._report(work)
        told = work.outcome
        self._say(
            work,
            f"taken: {told.created} new, {told.changed} changed, {told.same} as they were"
            + (f", {told.before} by an earlier attempt." if told.before else "."),
            told.taken,
        )
        if told.created or told.changed or told.before:
            self.stdout.write(f"To take them back: manage.py import_documents --undo {run.pk}")

    def _take_back(self, work: Import, run: ImportRun) -> None:
        """Take back what was written before it failed: an import is all or nothing."""
        self.stderr.write("Taking back what was written.")
        try:
            undo_import(run, work.terms.actor, progress_bar)
        except NotRolledBack as error:
            for reason in error.reasons:
                self.stderr.write(reason)

    def _run(self, digest, sources, actor, username, company, keep_going, batch_size, dry_run) -> ImportRun:
        """The run that this is, or goes on with."""
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
            raise CommandError(f"Another import is unfinished. {self._way_on(unfinished)}")
        self.stderr.write("Going on with an import that was interrupted.")
        return unfinished

    def _way_on(self, run: ImportRun) -> str:
        return (
            f"{run.done} documents of it are written. To finish it: manage.py {run.command}\n"
            f"To take it back: manage.py import_documents --undo {run.pk}"
        )

    def _say(self, work: Import, what: str, count: int) -> None:
        self.stdout.write(f"{count} of {work.unreadable + work.ledger.count()} documents {what}")

    def _report(self, work: Import) -> None:
        for place, field, message in work.ledger.offences():
            self.stdout.write(": ".join([place, *([field] if field else []), message]))

    def _undo(self, pk: str, actor: Actor) -> None:
        run = ImportRun.objects.filter(pk=pk).first()
        if run is None:
            raise CommandError(f"There is no import “{pk}”.")
        if run.undone_at is not None:
            raise CommandError("This import was taken back already.")
        if not actor.may("import", ImportRun):
            raise CommandError("You may not take imports back.")
        try:
            outcome = undo_import(run, actor, progress_bar)
        except NotRolledBack as error:
            for reason in error.reasons:
                self.stdout.write(reason)
            raise CommandError(
                "It was taken back in part. Do what this says, and say --undo again."
                if error.partly
                else "Nothing was taken back."
            ) from error
        self.stdout.write(f"{outcome.removed} records removed, {outcome.taken_back} changes taken back.")
        for kept in outcome.kept:
            self.stdout.write(f"{kept}: stays as it is.")
