"""Every route, by every method, as every visitor: the response has the status in the tables. (`access_matrix.py`
describes their format. A table states the intention, so a change of a table is a change of rights.)"""

import pytest

from backoffice.records.tests.parameters import select_daily
from tests.support.access_matrix import METHODS, Cell, Table, has_record, read_table, request_cell, table_name
from tests.support.routes import Route, every_route
from tests.support.visitors import COLLEAGUE, MINE, NOBODY, STRANGER, World

pytestmark = pytest.mark.django_db
TABLES = {name: read_table(name) for name in ("pages", "administration", "json")}
EXPORT = "<slug>/export"
"""One route for the lists of all record types: the tables have it by address."""


@pytest.fixture
def world(cast, records, folder):
    return World(cast, records)


def table_of(route: Route) -> str:
    if route.speaks_json:
        return "json"
    return "administration" if route.pattern.startswith("admin/") else "pages"


def routes_by_name(table: Table) -> list[tuple[str, Route]]:
    """Return the routes of a table by their names in it; of those that share a name, the first."""
    known = {}
    for route in every_route():
        known.setdefault(table_name(route), route)
    export = known[EXPORT]
    return [(name, Route(name, export.view) if "/export?" in name else known[name]) for name in table.routes]


def test_every_route_is_in_the_tables_exactly():
    """Each method of each route, and each owner where a route is about a record."""
    for title, table in TABLES.items():
        routes = [route for route in every_route() if table_of(route) == title]
        names = {table_name(route) for route in routes}
        assert names == {name for name in table.routes if "/export?" not in name}
        for name, route in routes_by_name(table):
            owners = (MINE, COLLEAGUE, STRANGER, NOBODY) if has_record(route) else ("-",)
            assert set(table.routes[name]) == {
                Cell(method, owner, visitor)
                for method in METHODS
                for owner in owners
                for visitor in table.columns
            }, name


def compare_with_table(
    world: World, table: Table, json: bool, wanted=lambda name, cell: True
) -> tuple[int, list[str]]:
    """Return the number of cells tried, and those that differ from the table."""
    people = [world.nobody, *(world.scripts if json else world.people), world.reading]
    visitors = {visitor.name: visitor for visitor in people}
    tried, wrong = 0, []
    for name, route in routes_by_name(table):
        for cell, status in table.routes[name].items():
            if wanted(name, cell):
                tried += 1
                found = request_cell(world, route, visitors[cell.visitor], cell).status_code
                if found != status:
                    wrong.append(
                        f"{cell.method} {name} ({cell.whose}) as {cell.visitor}: {found}, not {status}"
                    )
    return tried, wrong


@pytest.mark.parametrize("title", select_daily(TABLES, "json"))
def test_a_selection_of_cells_has_the_expected_status(title, world):
    table = TABLES[title]

    def wanted(name, cell):
        return name in table.everyday and cell.method in ("GET", "POST") and cell.whose != NOBODY

    tried, wrong = compare_with_table(world, table, title == "json", wanted)
    assert wrong == []
    assert tried > 30


@pytest.mark.deep
@pytest.mark.parametrize("title", TABLES)
def test_every_cell_has_the_expected_status(title, world, capsys):
    table = TABLES[title]
    tried, wrong = compare_with_table(world, table, title == "json")
    with capsys.disabled():
        print(
            f"\nmatrix, {title}: {len(table.routes)} routes × methods × {len(table.columns)} roles: {tried} cells"
        )
    assert wrong == []


@pytest.mark.deep
def test_invalid_credentials_give_no_access(world, capsys):
    """Credentials that do not apply count as none: keys on pages, cookies over JSON, and everywhere keys that
    have expired or whose owner is deactivated."""
    tried, wrong = 0, []
    for title, table in TABLES.items():
        invalid_visitors = [world.expired, world.switched_off]
        invalid_visitors += world.people if title == "json" else [*world.scripts, world.reading]
        for name, route in routes_by_name(table):
            for cell, status in table.routes[name].items():
                if cell.visitor == "nobody" and cell.method != "HEAD" and cell.whose in ("-", MINE, STRANGER):
                    if name.startswith("uploads/"):
                        continue  # served to browsers and scripts alike
                    for visitor in invalid_visitors:
                        tried += 1
                        found = request_cell(world, route, visitor, cell).status_code
                        if found != status:
                            wrong.append(f"{cell} {name} as {visitor.name}: {found}, not {status}")
    with capsys.disabled():
        print(f"\nmatrix, ways in that count for nothing: {tried} cells")
    assert wrong == []
