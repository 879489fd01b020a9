from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.moving.subprocesses import MoveWorker
from backoffice.records.management.progress import progress_bar

BATCH = 2000
TOLD = 5
"""How many of the rows that differ are named."""


class Command(BaseCommand):
    help = (
        "Copy everything from one database to another, empty one, of whatever kind: people, rights, keys, records, "
        "history. Nothing is written to the first. Stop what serves it before; whatever interrupts the copying, "
        "run the same command again and it goes on. Files that people have sent are not in the database: they stay "
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
            raise CommandError("That is the same database twice.")
        with MoveWorker("source", source) as here, MoveWorker("target", target) as there:
            try:
                Moving(here, there, self.stdout).run()
            except KeyboardInterrupt:
                raise CommandError("Interrupted. The same command goes on where it was.") from None


class Moving:
    """One run of a move, from `here` to `there`."""

    def __init__(self, here: MoveWorker, there: MoveWorker, out):
        self.here, self.there, self.out = here, there, out
        self.bar = None

    def run(self) -> None:
        here, there = self.here, self.there
        for end in (here, there):
            end.send("where")
        source, target = here.answer(), there.answer()
        self.out.write(f"From {source}\nto   {target}")
        steps = here.ask("begin")
        begun = there.ask("begin", source=source)
        if begun["resumed"]:
            self.out.write("Going on with what was begun.")
        rows = sum(step["rows"] for step in steps if not step["later"])
        # Everything is read twice: to be copied, and to be compared.
        total = sum(step["rows"] for step in steps) + rows
        with progress_bar("Moving", total=total, unit=" rows", scale=True) as self.bar:
            for step in self._left(steps, begun["step"]):
                self._copy(step, begun["after"] if step["step"] == begun["step"] else "")
            differing = [line for step in steps if not step["later"] for line in self._compare(step)]
        if differing:
            raise CommandError(
                "These are not the same in both:\n  "
                + "\n  ".join(differing)
                + "\nWas the first written to meanwhile? Stop what serves it, empty the other, and begin again."
            )
        there.ask("end")
        self.out.write(
            f"Moved: {rows} rows, and each is the same in both. Put the new one into DATABASE_URL and start."
        )

    def _left(self, steps: list[dict], at: str) -> list[dict]:
        """The steps that are not finished, when the last that was begun is `at`."""
        names = [step["step"] for step in steps]
        place = names.index(at) if at else 0
        self.bar.update(sum(step["rows"] for step in steps[:place]))
        return steps[place:]

    def _copy(self, step: dict, after: str) -> None:
        name, here, there = step["step"], self.here, self.there
        what = f"links of {step['what']}" if step["later"] else step["what"]
        rows = here.ask("read", step=name, after=after, limit=BATCH)
        while rows:
            # The next are read while these are written.
            here.send("read", step=name, after=rows[-1][0], limit=BATCH)
            there.ask("write", step=name, rows=rows)
            self._progress(what, len(rows))
            rows = here.answer()
        self._line(what, step["rows"])

    def _compare(self, step: dict) -> list[str]:
        """What is not the same in both, a line for each of the first few rows."""
        found = []
        number = 0
        for ours, theirs in self._pages(step):
            number += len(ours)
            found += [f"{step['what']}: {mark}" for mark in ours if theirs.get(mark) != ours[mark]]
            found += [f"{step['what']}: {mark} (not in the first)" for mark in theirs if mark not in ours]
            self._progress(f"comparing {step['what']}", len(ours))
        there = self.there.ask("count", step=step["step"])
        if there != number:
            found.append(f"{step['what']}: {number} in the first, {there} in the other")
        return found[:TOLD]

    def _pages(self, step: dict) -> Iterator[tuple[dict, dict]]:
        """The checksums of a step's rows here and there, a page at a time where keys are the same in both."""
        if not step["keyed"]:
            yield self._all(self.here, step), self._all(self.there, step)
            return
        for ours in _digests(self.here, step):
            yield ours, self.there.ask("digests_of", step=step["step"], keys=list(ours))

    def _all(self, end: MoveWorker, step: dict) -> dict:
        return {mark: digest for page in _digests(end, step) for mark, digest in page.items()}

    def _progress(self, what: str, rows: int) -> None:
        self.bar.set_description(what, refresh=False)
        self.bar.update(rows)

    def _line(self, what: str, rows: int) -> None:
        if rows:
            self.bar.clear()
            self.out.write(f"  {what}: {rows}")


def _digests(end: MoveWorker, step: dict) -> Iterator[dict]:
    after = ""
    while True:
        after, found = end.ask("digests", step=step["step"], after=after, limit=BATCH)
        if not found:
            return
        yield found
