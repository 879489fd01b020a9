"""The page docs/conformance.md: what tests prove of every documented property, on each channel and database.

python -m scripts.conformance             runs the tests on SQLite, PostgreSQL and MongoDB, and writes the page
python -m scripts.conformance --render    writes the page again from the last outcomes (docs/api/pages/outcomes)
"""

import json
import os
import subprocess  # nosec B404 # for pytest
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts import throwaway_servers
from scripts.documented_pages import FOLDER, ROOT, DocumentedPage, DocumentedProperty
from tests.support.documented_properties import (
    CHANNELS,
    KEPT_ROWS,
    OUTCOMES,
    PAGES,
    ROWS,
    STEPS,
    Row,
    expected_steps,
)

PAGE = ROOT / "docs/conformance.md"
RECORDED = FOLDER / "outcomes"
"""What the last run has proven: a file for each database."""
TESTS = [
    "tests/proofs/test_every_property.py",
    "tests/proofs/test_every_property_imported.py",
    "tests/proofs/test_kept_properties.py",
    "tests/proofs/test_documented_statuses.py",
]
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mongodb": "MongoDB"}
TITLES = {"complaint": "Complaint", "object": "Customer object", "case": "Support case"}

Outcomes = dict[str, dict[str, list[str]]]
"""By `page property`, by channel: the proven steps."""

INTRODUCTION = """\
# Conformance

What the product does with every property of the [three documented pages](api/pages/README.md), on each channel.
`make conformance` writes this page: it runs the tests below on {databases}, and states a step
only if its assertions passed on all three. The suite of each database runs the same tests.

**yes** means four steps:

- **accepts**: the channel takes a valid value;
- **refuses**: it rejects an invalid one with the message of the model or of the control, and changes nothing;
- **sets**: the value is then returned over JSON, and the history has it;
- **shows**: a value that was set over JSON stands on the page, in the response or in the export.

Otherwise a cell names the proven steps, and the reason for each of the others. *Browser* is the record's page, *Admin*
Django admin, *JSON* the documented request, *Import* `import_documents` with the export. Over JSON, **yes** includes
the ends of a documented range, values beyond them, and each documented choice. An import changes existing records as
JSON does; it sets the properties that the server keeps when it creates a record.

*Kept by the server*: a request may send the property, so that a script can [send a document
back](api/writing.md#updates), and does not set it. No page marks a property as read-only; that these are is our
reading, because such a script must not falsify who did what, and when. [Requirements](requirements.md#deviations) lists
all deviations, [properties](api/properties.md) has types and limits.

*As documented* is the type that the page prints. A literal is the example of a property without a type, and ↓ stands
for an object or an array, whose properties follow.
"""

REQUIRED = """\
*required*: the page describes the whole entity. An update may leave the property out, but not empty it (tested over
JSON).
"""

STATUSES = """\
## Statuses and messages

A status in bold is on its page; the others are ours ([Errors](api/errors.md)). The first two pages print the message of
success and no code, the third prints neither. For a missing key, 403 is our reading: the page ties it to the access
level. Its 500 has the description `<Unspecified>`, a placeholder.

"""


def documented_cell(documented: DocumentedProperty, row: Row | None, answered: set[str]) -> str:
    """Return the type and the range of a property as the page states them."""
    kind = documented.type.replace("|", "\\|")
    parts = [f"`{kind}`" if kind[:1] in '"-0123456789' else kind.replace("<", "&lt;")]
    if documented.limits:
        parts.append("{:g} to {:g}".format(*documented.limits))
    if documented.choices:
        parts.append(" ".join(f"`{choice}`" for choice in documented.choices))
    parts += ["*required*"] * documented.required + [documented.access] * bool(documented.access)
    if documented.default:
        parts.append(f"`{documented.default}` by default")
    if documented.path not in answered:
        parts.append("in the body only")
    if row and row.remark:
        parts.append(row.remark)
    return ", ".join(parts)


def property_cell(documented: DocumentedProperty) -> str:
    if documented.name == documented.path:
        return f"`{documented.name}`"
    return f"`{documented.name}` (in the example `{documented.path.rpartition('.')[2]}`)"


def channel_cell(row: Row, channel: str, proven: set[str]) -> str:
    """Return the proven steps of a channel, and the reasons for the others."""
    expected = set(expected_steps(row)[channel])
    if unproven := expected - proven:
        raise SystemExit(f"{row.id}, {channel}: no test proves {', '.join(sorted(unproven))}")
    if proven - expected:
        raise SystemExit(f"{row.id}, {channel}: a deviation is stated, but {proven - expected} is proven")
    reasons: dict[str, list[str]] = {}
    for step in STEPS:
        if step not in proven:
            reasons.setdefault(row.deviations[f"{channel} {step}"], []).append(step)
    if not reasons:
        return "yes"
    if not proven:
        return f"no: {', and '.join(reasons)}"
    parts = [", ".join(step for step in STEPS if step in proven)]
    if len(reasons) == 1:
        return f"{parts[0]}; otherwise no: {next(iter(reasons))}"
    parts += [f"{' and '.join(steps)} no: {reason}" for reason, steps in reasons.items()]
    return "; ".join(parts)


def property_lines(page: str, parsed: DocumentedPage, outcomes: dict[str, Outcomes]) -> Iterator[str]:
    rows = {row.path: row for row in [*ROWS, *KEPT_ROWS] if row.page == page}
    yield "| Property | As documented | Browser | Admin | JSON | Import |"
    yield "|---|---|---|---|---|---|"
    for documented in parsed.properties:
        in_json = proven_steps(outcomes, f"{page} {documented.path}", "json")
        if documented.required and "required" not in in_json:
            raise SystemExit(f"{page}: no test proves that {documented.path} is required")
        cells = [
            property_cell(documented),
            documented_cell(documented, rows.get(documented.path), parsed.answered),
        ]
        if documented.is_container:
            cells += ["↓"] * len(CHANNELS)
        elif documented.path not in rows:
            raise SystemExit(f"{page}: no test knows the documented property {documented.path}")
        else:
            row = rows[documented.path]
            proven = {channel: proven_steps(outcomes, f"{page} {row.path}", channel) for channel in CHANNELS}
            cells += [channel_cell(row, channel, proven[channel] - {"required"}) for channel in CHANNELS]
        yield f"| {' | '.join(cells)} |"


def proven_steps(outcomes: dict[str, Outcomes], name: str, channel: str) -> set[str]:
    """Return the steps that were proven on every database."""
    return set.intersection(
        *(set(outcomes[database].get(name, {}).get(channel, [])) for database in DATABASES)
    )


def status_lines(outcomes: dict[str, Outcomes]) -> Iterator[str]:
    yield f"| | {' | '.join(f'`{page.method} {page.address}`' for page in PAGES.values())} |"
    yield "|---|---|---|---|"
    for outcome in OUTCOMES:
        cells = []
        for page, parsed in PAGES.items():
            proven = proven_steps(outcomes, f"{page} {outcome}", "json")
            if len(proven) != 1:
                raise SystemExit(f"{page}: no test proves the status of {outcome}")
            cells.append(status_cell(proven.pop(), parsed, is_unbound=outcome == "no API key"))
        yield f"| {outcome} | {' | '.join(cells)} |"


def status_cell(proven: str, page: DocumentedPage, *, is_unbound: bool) -> str:
    """Return a status and its message; in bold, with its description, if the page has it. `is_unbound` says that
    the page does not tie it to this outcome."""
    code, _space, message = proven.partition(" ")
    if code == "422":
        return f"422, `message` is the property (`{message}`)"
    text = f"{code} `{message}`" if message else code
    for status in page.statuses:
        if (str(status.code), status.message) == (code, message) and not is_unbound:
            text = f"**{text}**" if status.is_code_printed else text
            return text if status.description.startswith("<") else f"{text} {status.description}"
    return text


def render(outcomes: dict[str, Outcomes]) -> str:
    """Return the page in Markdown."""
    names = list(DATABASES.values())
    text = INTRODUCTION.format(databases=f"{', '.join(names[:-1])} and {names[-1]}")
    for page, parsed in PAGES.items():
        lines = "\n".join(property_lines(page, parsed, outcomes))
        notes = "".join(f"- {note}\n" for note in parsed.notes).replace("<", "&lt;")
        text += f"\n## {TITLES[page]}\n\n`{parsed.method} {parsed.address}`: {parsed.title}. "
        text += f"Besides the properties, the page has:\n\n{notes}\n{lines}\n"
        if any(each.required for each in parsed.properties):
            text += f"\n{REQUIRED}"
    text += f"\n{STATUSES}" + "\n".join(status_lines(outcomes)) + "\n"
    return f"{text}\n## Tests\n\n" + "".join(f"- [{Path(test).name}](../{test})\n" for test in TESTS)


def read_notes(folder: Path) -> dict[str, Outcomes]:
    """Return the outcomes that test processes have noted: a file for each, named after its database."""
    found: dict[str, Outcomes] = {name: {} for name in DATABASES}
    for file in sorted(folder.iterdir()):
        outcomes = found[file.name.partition("-")[0]]
        for line in file.read_text(encoding="utf-8").splitlines():
            page, path, channel, *steps = json.loads(line)
            channels = outcomes.setdefault(f"{page} {path}", {})
            channels[channel] = sorted({*channels.get(channel, []), *steps})
    return found


def write_recorded(outcomes: dict[str, Outcomes]) -> None:
    """Write the outcomes of each database as JSON, with a line for each property."""
    RECORDED.mkdir(exist_ok=True)
    for database, found in outcomes.items():
        lines = [f"{json.dumps(name)}: {json.dumps(found[name], sort_keys=True)}" for name in sorted(found)]
        (RECORDED / f"{database}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_recorded() -> dict[str, Outcomes]:
    return {name: json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8")) for name in DATABASES}


def run_tests(folder: Path) -> list[str]:
    """Run the tests on each database, and return those on which one fails."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "2",
        "--dist",
        "worksteal",
        "-m",
        "not deep or everywhere",
    ]
    os.environ["CONFORMANCE_OUTCOMES"] = str(folder)
    for name in ("DATABASE_URL", "TEST_DATABASE_URL"):
        os.environ.pop(name, None)
    failed = []
    for database, title in DATABASES.items():
        print(title, flush=True)
        if database == "sqlite":
            status = subprocess.run([*command, *TESTS], cwd=ROOT).returncode  # nosec B603
        else:
            status = throwaway_servers.main(database.removesuffix("ql"), *command, *TESTS)
        failed += [title] * bool(status)
    return failed


def main(*arguments: str) -> None:
    if "--render" not in arguments:
        with tempfile.TemporaryDirectory(prefix="outcomes-of-tests-") as folder:
            if failed := run_tests(Path(folder)):
                sys.exit(f"Tests fail on {' and '.join(failed)}. {PAGE.relative_to(ROOT)} was not changed.")
            outcomes = read_notes(Path(folder))
            text = render(outcomes)
        write_recorded(outcomes)
    else:
        text = render(read_recorded())
    PAGE.write_text(text, encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
