"""Lines of templates that are too long. djade, which formats templates, does not wrap lines.

python -m scripts.check_templates    lists them, and fails if there are any"""

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "templates"
COLUMNS = 120


def find_long_lines() -> list[str]:
    """Return `file:line: columns` of each line with more than `COLUMNS` columns."""
    return [
        f"{path.relative_to(FOLDER.parent)}:{number}: {len(line)} columns"
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in (".html", ".txt")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > COLUMNS
    ]


if __name__ == "__main__":
    found = find_long_lines()
    print("\n".join(found) or f"No line of a template has more than {COLUMNS} columns.")
    sys.exit(bool(found))
