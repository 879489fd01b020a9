import sys
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.http import QueryDict

from backoffice.exchange.arguments import find_actor, find_company
from backoffice.exchange.csv_format import CONVENTIONS
from backoffice.exchange.exportables import Exportable, exportables
from backoffice.exchange.exports import FORMATS, everything, formats_of, pieces_of
from backoffice.records.actors import Actor, ChangeContext, Channel
from backoffice.records.management.progress import progress_bar
from backoffice.web.listing import ListOrder


class Command(BaseCommand):
    help = "Export records of one kind: the table of their list, or the whole documents that can be imported again."

    def add_arguments(self, parser):
        parser.add_argument("kind", metavar="KIND", help=", ".join(exportables()))
        parser.add_argument("--format", choices=list(FORMATS), default="documents", help="default: documents")
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="what this user may see")
        parser.add_argument("--company", metavar="NAME", help="this company's only")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="as the list's address has it: state=open",
        )
        parser.add_argument(
            "--sort", default="", metavar="COLUMN", help="a column of the list; -COLUMN: downwards"
        )
        parser.add_argument(
            "--language",
            choices=list(CONVENTIONS),
            help="whose spreadsheets a CSV file is for: what separates cells, numbers, dates (default: en); plain-csv is "
            "for programs",
        )
        parser.add_argument("--output", metavar="FILE", help="default: the standard output")

    @no_translations
    def handle(self, *, kind, format, username, company, filter, sort, language, output, **options):
        subject, wanted = exportables().get(kind), FORMATS[format]
        if subject is None:
            raise CommandError(f"There is no kind “{kind}”. There are: {', '.join(exportables())}.")
        if wanted not in formats_of(subject):
            raise CommandError(f"There is no such export of {subject.plural}.")
        if language and not wanted.localized:
            raise CommandError("--language is for --format csv only.")
        actor = find_actor(username)
        if not actor.may("view", subject.model):
            raise CommandError(f"“{username}” may not see {subject.plural}.")
        home = find_company(company, actor)
        found = everything(subject.model, actor, home.pk if home else None)
        found = self._ordered(subject, self._filtered(subject, found, actor, filter), sort)
        if output is None and format == "xlsx" and sys.stdout.isatty():
            raise CommandError("Say where to write the workbook: --output FILE.")
        bar = progress_bar(f"Exporting {subject.plural}", total=found.count(), unit=" records")
        with bar, self._file(output) as file:
            via = ChangeContext(Channel.COMMAND)
            for piece in pieces_of(subject, wanted, found, actor, via, bar.update, language=language or "en"):
                file.write(piece)

    def _filtered(self, subject: Exportable, found, actor: Actor, asked: list[str]):
        """What the list's filters leave of it. What is not understood is refused: an export of too much must not
        look like success."""
        if not asked:
            return found
        if subject.kind is None:
            raise CommandError(f"There are no filters for {subject.plural}.")
        data = QueryDict(mutable=True)
        for item in asked:
            name, equals, value = item.partition("=")
            if not equals:
                raise CommandError(f"Write NAME=VALUE, not “{item}”.")
            data.appendlist(name, value)
        filters = subject.kind.filterset_class(data, found, actor=actor)
        if unknown := [name for name in data if name not in filters.filters]:
            raise CommandError(f"There is no filter “{unknown[0]}”. There are: {', '.join(filters.filters)}.")
        if problems := filters.problems():
            raise CommandError(" ".join(f"{name}: {message}" for name, _label, message in problems))
        return filters.qs

    def _ordered(self, subject: Exportable, found, asked: str):
        if subject.kind is None:
            if asked:
                raise CommandError(f"There are no columns of {subject.plural} to sort by.")
            return found.order_by("pk")
        order = ListOrder(subject.kind, asked)
        if order.asked != asked:
            columns = ", ".join(column.name for column in subject.kind.columns if column.sort)
            raise CommandError(
                f"There is no column “{asked.removeprefix('-')}” to sort by. There are: {columns}."
            )
        return found.order_by(*order.columns)

    @contextmanager
    def _file(self, output: str | None):
        """Where to write. A file is there when it is complete, and not before."""
        if output is None:
            yield _Bytes(self.stdout)
            return
        path = Path(output)
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("wb") as file:
                yield file
            part.replace(path)
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)


class _Bytes:
    """The standard output, for bytes: as they are where it takes them, as text where it is a test's."""

    def __init__(self, stdout):
        self._buffer = getattr(getattr(stdout, "_out", None), "buffer", None)
        self._stdout = stdout

    def write(self, piece: bytes) -> None:
        if self._buffer is not None:
            self._buffer.write(piece)
        else:
            self._stdout.write(piece.decode(), ending="")
