"""Migrate a database by the migrations that `0001_v1` replaces, as an earlier version did.

`python -m tests.support.earlier_migrations SHARE` applies this share (0 to 1) of them; `… describe` prints the
tables, columns and indexes as JSON. The database is that of DATABASE_URL.
"""

import json
import sys

import django
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


def migrate(share: float) -> None:
    executor = MigrationExecutor(connection)
    executor.loader = MigrationLoader(connection, replace_migrations=False)
    graph = executor.loader.graph
    earlier = {
        node for node in graph.nodes if all(name != "0001_v1" for _app, name in graph.forwards_plan(node))
    }
    children = {node: {child.key for child in graph.node_map[node].children} for node in earlier}
    plan = executor.migration_plan(sorted(node for node in earlier if not children[node] & earlier))
    some = plan[: round(share * len(plan))]
    executor.migrate([(migration.app_label, migration.name) for migration, _backwards in some], plan=some)
    if share == 1:
        emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)


def describe() -> dict:
    """Return the columns and the constraints of each table, and the permissions of each role."""
    with connection.cursor() as cursor:
        tables = {
            table: describe_table(cursor, table) for table in connection.introspection.table_names(cursor)
        }
    return {"tables": tables, "roles": describe_roles()}


def describe_roles() -> dict[str, list[str]]:
    from django.contrib.auth.models import Group

    roles = {
        group.name: group.permissions.values_list("codename", flat=True) for group in Group.objects.all()
    }
    return {name: sorted(codenames) for name, codenames in sorted(roles.items())}


def describe_table(cursor, table: str) -> dict:
    if connection.vendor == "mongodb":
        found = connection.get_collection(table).index_information()
        return {"indexes": sorted(repr(sorted(index.items())) for index in found.values())}
    columns = connection.introspection.get_table_description(cursor, table)
    constraints = connection.introspection.get_constraints(cursor, table)
    return {
        "columns": sorted([column.name, str(column.type_code), bool(column.null_ok)] for column in columns),
        "constraints": sorted(
            json.dumps({key: rule[key] for key in sorted(rule) if key != "definition"}, default=str)
            for rule in constraints.values()
        ),
    }


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "describe":
        print(json.dumps(describe()))
    else:
        migrate(float(sys.argv[1]))
