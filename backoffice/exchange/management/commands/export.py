import sys
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, no_translations
from django.http import QueryDict

from backoffice.exchange.arguments import find_actor, find_company
from backoffice.exchange.csv_format import CONVENTIONS
from backoffice.exchange.exportables import Exportable, exportables
from backoffice.exchange.exports import FORMATS, formats_of, pieces_of, visible_records
from backoffice.records.actors import Actor, ChangeContext, Channel
from backoffice.records.management.progress import progress_bar
from backoffice.web.listing import ListOrder


class Command(BaseCommand):
    help = "Export records of one type: the table of their list, or complete documents that can be imported."

    def add_arguments(self, parser):
        parser.add_argument("kind", metavar="KIND", help=", ".join(exportables()))
        parser.add_argument("--format", choices=list(FORMATS), default="documents", help="default: documents")
        parser.add_argument("--as", dest="username", metavar="USERNAME", help="export what this user may see")
        parser.add_argument("--company", metavar="NAME", help="export the records of this company only")
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a filter as in the URL of the list: state=open",
        )
        parser.add_argument(
            "--sort", default="", metavar="COLUMN", help="a column of the list; -COLUMN: descending"
        )
        parser.add_argument(
            "--language",
            choices=list(CONVENTIONS),
            help="the language of a csv or xlsx file (default: en); plain-csv and json are for programs",
        )
        parser.add_argument("--output", metavar="FILE", help="default: standard output")

    @no_translations
    def handle(self, *, kind, format, username, company, filter, sort, language, output, **options):
        subject, file_format = exportables().get(kind), FORMATS[format]
        if subject is None:
            raise CommandError(f"There is no type “{kind}”. Choose one of: {', '.join(exportables())}.")
        if file_format not in formats_of(subject):
            raise CommandError(f"{subject.plural} cannot be exported in the format {format}.")
        if language and not file_format.localized:
            raise CommandError("--language is for the formats csv and xlsx only.")
        actor = find_actor(username)
        if not actor.may("view", subject.model):
            raise CommandError(f"“{username}” may not see {subject.plural}.")
        of_company = find_company(company, actor)
        queryset = visible_records(subject.model, actor, of_company.pk if of_company else None)
        queryset = self._order(subject, self._filter(subject, queryset, actor, filter), actor, sort)
        if output is None and format == "xlsx" and sys.stdout.isatty():
            raise CommandError("Name a file for the workbook: --output FILE.")
        bar = progress_bar(f"Exporting {subject.plural}", total=queryset.count(), unit=" records")
        with bar, self._file(output) as file:
            context = ChangeContext(Channel.COMMAND)
            for piece in pieces_of(
                subject, file_format, queryset, actor, context, bar.update, language=language or "en"
            ):
                file.write(piece)

    def _filter(self, subject: Exportable, queryset, actor: Actor, items: list[str]):
        """Apply filters of the list. Raises CommandError for unknown ones: an export of too much must not
        look like success."""
        if not items:
            return queryset
        if subject.viewset is None:
            raise CommandError(f"There are no filters for {subject.plural}.")
        data = QueryDict(mutable=True)
        for item in items:
            name, equals, value = item.partition("=")
            if not equals:
                raise CommandError(f"Write NAME=VALUE, not “{item}”.")
            data.appendlist(name, value)
        filters = subject.viewset.filterset_class(data, queryset, actor=actor)
        if unknown := [name for name in data if name not in filters.filters]:
            raise CommandError(
                f"There is no filter “{unknown[0]}”. Choose one of: {', '.join(filters.filters)}."
            )
        if problems := filters.problems():
            raise CommandError(" ".join(f"{name}: {message}" for name, _label, message in problems))
        return filters.qs

    def _order(self, subject: Exportable, queryset, actor: Actor, sort: str):
        if subject.viewset is None:
            if sort:
                raise CommandError(f"{subject.plural} cannot be sorted.")
            return queryset.order_by("pk")
        order = ListOrder(subject.viewset, actor, sort)
        if order.requested != sort:
            columns = ", ".join(column.name for column in subject.viewset.columns if column.sort)
            raise CommandError(
                f"There is no column “{sort.removeprefix('-')}” to sort by. Choose one of: {columns}."
            )
        return queryset.order_by(*order.columns)

    @contextmanager
    def _file(self, output: str | None):
        """Open the output. A file appears under its name only when it is complete."""
        if output is None:
            yield _BinaryStdout(self.stdout)
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


class _BinaryStdout:
    """Standard output for bytes. They are decoded if it accepts only text, as in tests."""

    def __init__(self, stdout):
        self._buffer = getattr(getattr(stdout, "_out", None), "buffer", None)
        self._stdout = stdout

    def write(self, piece: bytes) -> None:
        if self._buffer is not None:
            self._buffer.write(piece)
        else:
            self._stdout.write(piece.decode(), ending="")
