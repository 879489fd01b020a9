"""The access tables in `access_matrix/`: which visitor gets which status where.

A paragraph of a table begins with its routes (a `*` marks routes that are tested every day). Below them is a
line for each set of methods (G is GET and HEAD, O OPTIONS, P POST, U PUT, A PATCH, D DELETE): whose record
the request is about, and the status for each of the visitors in the columns.

Whose: `own` is the visitor's own (or its customer's), `other` is another user's in the same company, `theirs`
another company's, `unknown` does not exist. Unlisted cells of `unknown` have the status of `theirs`, except
that a superuser, who sees all companies, gets 404; if own and theirs are on one line, the status is the same.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.support.derived_access import add_derived_rows
from tests.support.rollback import rolled_back
from tests.support.routes import Route, without_converters
from tests.support.visitors import MINE, NOBODY, STRANGER, Visitor, World

FOLDER = Path(__file__).parent / "access_matrix"
LETTERS = {
    "G": ["GET", "HEAD"],
    "O": ["OPTIONS"],
    "P": ["POST"],
    "U": ["PUT"],
    "A": ["PATCH"],
    "D": ["DELETE"],
}
METHODS = [method for methods in LETTERS.values() for method in methods]
SUPERUSER = "root"


class Cell(NamedTuple):
    """One request to a route."""

    method: str
    whose: str
    visitor: str


@dataclass
class Table:
    """The expected status of each cell, by route name."""

    columns: list[str]
    routes: dict[str, dict[Cell, int]]
    everyday: set[str]


def table_name(route: Route) -> str:
    """Return the route's name in the tables: without the patterns of its variables, and without the optional
    trailing slash of JSON routes."""
    name = without_converters(route.pattern)
    return (name.rstrip("/") if route.speaks_json else name) or "(start)"


def read_table(name: str) -> Table:
    lines = [line for line in (FOLDER / f"{name}.txt").read_text().splitlines() if line and line[0] != "#"]
    table = Table(lines[0].split()[2:], {}, set())
    paragraph, is_complete = [], True
    for line in lines[1:]:
        if line.startswith(" "):
            is_complete = True
            for route in paragraph:
                table.routes[route] |= dict(_cells(line, table.columns))
            continue
        route = line.lstrip("*")
        if route in table.routes:
            raise ValueError(f"{route} has two paragraphs")
        paragraph = [route] if is_complete else [*paragraph, route]
        is_complete = False
        table.routes[route] = {}
        table.everyday |= {route} if line.startswith("*") else set()
    add_derived_rows(name, table)
    return table


def _cells(line: str, columns: list[str]) -> Iterator[tuple[Cell, int]]:
    letters, whose, *statuses = line.split()
    owners = whose.split(",")
    for method in (method for letter in letters for method in LETTERS[letter]):
        for visitor, status in zip(columns, map(int, statuses), strict=True):
            for owner in owners:
                yield Cell(method, owner, visitor), status
            if STRANGER in owners and NOBODY not in owners:
                missing = visitor == SUPERUSER and MINE not in owners
                yield Cell(method, NOBODY, visitor), 404 if missing else status


def request_cell(world: World, route: Route, visitor: Visitor, cell: Cell):
    """Send one request and roll back its changes; return the response."""
    name = table_name(route)
    address = world.address(route, MINE if cell.whose == "-" else cell.whose, visitor)
    sent, query = world.bodies.get((cell.method.replace("HEAD", "GET"), name), ({}, ""))
    if cell.method in ("GET", "HEAD", "OPTIONS"):
        sent = {}
    elif route.speaks_json and sent.get("body") is None and not sent.get("parts"):
        sent = {"body": {}}
    with rolled_back():
        return visitor.ask(cell.method, f"{address}?{query}" if query else address, **sent)


def has_record(route: Route) -> bool:
    return bool(re.search(r"<(pk|id|object_id|number)>", without_converters(route.pattern)))
