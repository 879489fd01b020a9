"""The three documented pages (docs/api/pages), parsed: properties, types, ranges, choices, examples, statuses."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs/api/pages"
FILES = {"complaint": "complaints.txt", "object": "objects.txt", "case": "support-cases.txt"}

_TYPE = r"[a-z]+(?:<[\w-]+>)?(?:\[\])?(?: \| null)?"
_PROPERTY = re.compile(rf"^(\w+)\n({_TYPE})\n(required\n)?", re.MULTILINE)
_RANGE = re.compile(r"^Required range: (\S+) <= x <= (\S+)$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^\| (?:Body \| )?([\w.\[\]]+) \| (\w+) \| ([^|]+?) ?\|", re.MULTILINE)
_STATUS = re.compile(r"^\| (\d{3}) \| (\w+) \| (.+?) \|$", re.MULTILINE)
_CHOICE = re.compile(r"\b[A-Z]{3,}\b")
_DEFAULT = re.compile(r"defaults to '([^']+)'")
_ACCESS = re.compile(r"\(([^)]*\bonly)\)")


@dataclass(frozen=True, kw_only=True)
class DocumentedProperty:
    """A property as a page describes it. `name` is its name in the page's list, `path` that in its example."""

    name: str
    path: str
    type: str
    """As written; for a property that only the example has, its example."""
    description: str = ""
    required: bool = False
    limits: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    access: str = ""
    default: str = ""
    is_container: bool = False


@dataclass(frozen=True, kw_only=True)
class DocumentedStatus:
    code: int
    message: str
    description: str
    is_code_printed: bool = True


@dataclass(frozen=True, kw_only=True)
class DocumentedPage:
    title: str
    method: str
    address: str
    properties: list[DocumentedProperty]
    """Those of the request's body, in the order of the page."""
    answered: set[str]
    """Paths of the properties in the response."""
    example: dict
    statuses: list[DocumentedStatus] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the page says about the request besides its body."""

    @property
    def paths(self) -> list[str]:
        """Return the paths of the properties that hold a value."""
        return [each.path for each in self.properties if not each.is_container]

    @property
    def by_path(self) -> dict[str, DocumentedProperty]:
        return {each.path: each for each in self.properties}


def read_text(page: str) -> str:
    return (FOLDER / FILES[page]).read_text(encoding="utf-8")


def read_page(page: str) -> DocumentedPage:
    return parse(read_text(page))


def parse(text: str) -> DocumentedPage:
    """Parse a page of either documentation."""
    return _parse_wiki(text) if text.startswith("api:") else _parse_reference(text)


def _parse_reference(text: str) -> DocumentedPage:
    """Parse a page of the facility documentation: a `curl` command, then blocks of name, type, description."""
    method = re.search(r"--request (\w+)", text)[1]
    address = re.search(r"--url http:localhost:3000(\S+)", text)[1]
    title = re.search(rf"^{method}\n(?:.+\n)*?\{{id\}}\n(.+)$", text, re.MULTILINE)[1]
    example, _end = json.JSONDecoder().raw_decode(text, text.index("--data '") + len("--data '"))
    body, answer = text.split("\nBody\n", 1)[1].split("\nResponse\n", 1)
    message = answer.strip().split("\n", 1)[0]
    return DocumentedPage(
        title=title,
        method=method,
        address=address,
        properties=list(_reference_properties(body, example)),
        answered={each.path for each in _reference_properties(answer, example)},
        example=example,
        statuses=[DocumentedStatus(code=200, message="", description=message, is_code_printed=False)],
        notes=_reference_notes(text),
    )


def _reference_notes(text: str) -> list[str]:
    """Return the headers and parameters that a page of the facility documentation lists before the body."""
    notes = [
        f"{kind} `{name}`: {', '.join(word for word in details.split() if word != 'header')}"
        for title, kind in (("Authorizations", "header"), ("Path Parameters", "path parameter"))
        for name, details in re.findall(rf"^{title}\n\n(\S+)\n((?:\S+\n)+)", text, re.MULTILINE)
    ]
    return notes if "\nAuthorizations\n" in text else [*notes, "no header for a key"]


def _reference_properties(text: str, example: dict) -> Iterator[DocumentedProperty]:
    found = list(_PROPERTY.finditer(text))
    ends = [each.start() for each in found[1:]] + [len(text)]
    for each, end in zip(found, ends, strict=True):
        name, kind, required = each.groups()
        block = text[each.end() : end].strip()
        limits = _RANGE.search(block)
        parts = list(_example_properties(name, example.get(name)))
        yield DocumentedProperty(
            name=name,
            path=name,
            type=kind,
            description=block.split("\n", 1)[0],
            required=bool(required),
            limits=limits and (float(limits[1]), float(limits[2])),
            is_container=bool(parts),
        )
        yield from parts


def _example_properties(path: str, value: object) -> Iterator[DocumentedProperty]:
    """Describe the properties of an object, which these pages show only in their example."""
    if isinstance(value, list):
        path, value = f"{path}[]", value[0]
    if not isinstance(value, dict):
        return
    for name, part in value.items():
        inner = list(_example_properties(f"{path}.{name}", part))
        literal = "" if inner else json.dumps(part)
        yield DocumentedProperty(
            name=f"{path}.{name}", path=f"{path}.{name}", type=literal, is_container=bool(inner)
        )
        yield from inner


def _parse_wiki(text: str) -> DocumentedPage:
    """Parse a page of the support desk's documentation: tables of name, type, description."""
    request, rest = text.split("\nResponse\n", 1)
    answer, errors = rest.split("\nErrors\n", 1)
    # Two commas are missing: one between two choices, and one after an array of the example.
    example = json.loads(
        re.sub(r'\] "', '], "', re.search(r"^Example - normal\n(.+)$", answer, re.MULTILINE)[1])
    )
    properties = {each.path: each for each in _wiki_properties(request, example)}
    return DocumentedPage(
        title=re.search(r"^API : (.+)$", text, re.MULTILINE)[1],
        method=re.search(r"^\| Method \| (\w+)", text, re.MULTILINE)[1],
        address=re.search(r"https://[^/]+(/\S+/)SUPPORTCASE_ID", text)[1] + "{id}",
        properties=list(properties.values()),
        answered={each.path for each in _wiki_properties(answer, example)},
        example=example,
        statuses=[
            DocumentedStatus(code=int(code), message=message, description=description)
            for code, message, description in _STATUS.findall(errors)
        ],
        notes=_wiki_notes(text),
    )


def _wiki_notes(text: str) -> list[str]:
    """Return the access level, the parameter and the note of a page of the support desk's documentation."""
    level = re.search(r"^\| Access level \| ([^|]+?)\.? \|", text, re.MULTILINE)[1]
    name, meaning = re.search(r"^\| Param \| (\w+) \| ([^|]+?) \|", text, re.MULTILINE).groups()
    note = re.search(r"^Note that (.+)\.$", text, re.MULTILINE)[1]
    return [f"access level {level}", "no header for a key", f"path parameter `{name}`: {meaning}", note]


def _wiki_properties(text: str, example: dict) -> Iterator[DocumentedProperty]:
    for name, kind, description in _TABLE_ROW.findall(text):
        if name == "Param":
            continue
        choices = tuple(_CHOICE.findall(re.sub(r"\(.*?\)", "", description)))
        access, default = _ACCESS.search(description), _DEFAULT.search(description)
        yield DocumentedProperty(
            name=name,
            path=_path_in_example(name, example),
            type=kind,
            description=" ".join(description.split()),
            choices=choices if len(choices) > 1 else (),
            access=access[1] if access else "",
            default=default[1] if default else "",
            is_container=kind in ("Object", "Array"),
        )


def _path_in_example(name: str, example: dict) -> str:
    """Return the path of a property. The list calls the id of a file `id`, the example `_id`."""
    *parents, last = name.split(".")
    there = example
    for parent in parents:
        there = there.get(parent.removesuffix("[]"), {})
        there = there[0] if isinstance(there, list) else there
    return ".".join([*parents, "_id"]) if last == "id" and "_id" in there and "id" not in there else name
