from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool

from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.moving.workers import MoveWorker
from backoffice.records.management.progress import progress_bar

BATCH = 2000
MAX_DIFFERENCES = 5
"""The most differing rows listed for each model."""


class Command(BaseCommand):
    help = (
        "Copy all data from one database to another, empty one, of the same or another kind: users, rights, keys, records, "
        "history. The source is only read. Stop the server before; if the copying is interrupted, "
        "run the same command again and it continues. Uploaded files are not in the database: they stay "
        "where they are."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("source", metavar="FROM_URL", help="such as sqlite:///var/caretaker.sqlite3")
        parser.add_argument(
            "target", metavar="TO_URL", help="such as postgres://user:password@host/caretaker"
        )

    @no_translations
    def handle(self, *, source, target, **options):
        if source == target:
            raise CommandError("Source and target are the same database.")
        with MoveWorker("source", source) as source_worker, MoveWorker("target", target) as target_worker:
            try:
                Moving(source_worker, target_worker, self.stdout).run()
            except KeyboardInterrupt:
                raise CommandError("Interrupted. Run the same command to continue.") from None
            except BrokenProcessPool:
                raise CommandError("A worker process has ended. Run the same command to continue.") from None


class Moving:
    """One run of a move."""

    def __init__(self, source: MoveWorker, target: MoveWorker, out):
        self.source, self.target, self.out = source, target, out
        self.bar = None

    def run(self) -> None:
        source, target = self.source, self.target
        locations = [worker.send("location") for worker in (source, target)]
        source_location, target_location = (location.result() for location in locations)
        self.out.write(f"From {source_location}\nto   {target_location}")
        steps = source.ask("begin")
        begun = target.ask("begin", source=source_location)
        if begun["resumed"]:
            self.out.write("Continuing an unfinished move.")
        rows = sum(step["rows"] for step in steps if not step["later"])
        # All rows are read twice: to copy and to compare them.
        total = sum(step["rows"] for step in steps) + rows
        with progress_bar("Moving", total=total, unit=" rows", scale=True) as self.bar:
            for step in self._remaining_steps(steps, begun["step"]):
                self._copy(step, begun["after"] if step["step"] == begun["step"] else "")
            differing = [line for step in steps if not step["later"] for line in self._compare(step)]
        if differing:
            raise CommandError(
                "These differ between source and target:\n  "
                + "\n  ".join(differing)
                + "\nThe source may have changed during the move. Stop the server, empty the target, and start again."
            )
        target.ask("end")
        self.out.write(
            f"Moved {rows} rows; source and target are identical. Set DATABASE_URL to the target and start the server."
        )

    def _remaining_steps(self, steps: list[dict], at: str) -> list[dict]:
        """Return the steps that are not finished, if `at` is the last one that was started."""
        names = [step["step"] for step in steps]
        place = names.index(at) if at else 0
        self.bar.update(sum(step["rows"] for step in steps[:place]))
        return steps[place:]

    def _copy(self, step: dict, after: str) -> None:
        name, source, target = step["step"], self.source, self.target
        label = f"links of {step['label']}" if step["later"] else step["label"]
        rows = source.ask("read", step=name, after=after, limit=BATCH)
        while rows:
            # Read the next rows while these are written.
            following = source.send("read", step=name, after=rows[-1][0], limit=BATCH)
            target.ask("write", step=name, rows=rows)
            self._progress(label, len(rows))
            rows = following.result()
        self._line(label, step["rows"])

    def _compare(self, step: dict) -> list[str]:
        """Return the differences, a line for each of the first few rows."""
        differences = []
        number = 0
        for source, target in self._pages(step):
            number += len(source)
            differences += [
                f"{step['label']}: {row_id}" for row_id in source if target.get(row_id) != source[row_id]
            ]
            differences += [
                f"{step['label']}: {row_id} (not in the source)" for row_id in target if row_id not in source
            ]
            self._progress(f"comparing {step['label']}", len(source))
        target_number = self.target.ask("count", step=step["step"])
        if target_number != number:
            differences.append(f"{step['label']}: {number} in the source, {target_number} in the target")
        return differences[:MAX_DIFFERENCES]

    def _pages(self, step: dict) -> Iterator[tuple[dict, dict]]:
        """Yield the checksums of a step's rows in source and target, a page at a time where keys are the same
        in both."""
        if not step["keyed"]:
            yield self._all(self.source, step), self._all(self.target, step)
            return
        for page in _digests(self.source, step):
            yield page, self.target.ask("digests_of", step=step["step"], keys=list(page))

    def _all(self, worker: MoveWorker, step: dict) -> dict:
        return {row_id: digest for page in _digests(worker, step) for row_id, digest in page.items()}

    def _progress(self, label: str, rows: int) -> None:
        self.bar.set_description(label, refresh=False)
        self.bar.update(rows)

    def _line(self, label: str, rows: int) -> None:
        if rows:
            self.bar.clear()
            self.out.write(f"  {label}: {rows}")


def _digests(worker: MoveWorker, step: dict) -> Iterator[dict]:
    after = ""
    while True:
        after, page = worker.ask("digests", step=step["step"], after=after, limit=BATCH)
        if not page:
            return
        yield page
