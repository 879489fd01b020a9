"""What the databases do not do alike, made alike. (Transactions are in `transactions`, finding text and properties of
open objects in `lookups`, how values are kept in `fields`; `docs/databases.md` tells why.)"""

import json
import re
from decimal import Decimal

from django.db import connections, models
from django.db.models.expressions import Col, OrderBy, Ref
from django.db.models.functions import Collate

from backoffice.db.compiled.selects import fetch
from backoffice.db.connection import own_connection

POSTGRES_ORDER = "C"
"""The collation of text on PostgreSQL: by code points, as SQLite, MongoDB and Python compare it. Any other sorts by a
language's dictionary, and knows the case of letters by it."""


def _order_as_everywhere(self, compiler, connection, **context):
    """PostgreSQL sorts NULL behind everything, SQLite and MongoDB before. Before it is, upwards. A column that is
    never NULL is left alone: an index is not used for an order that it was not told of. One of another table is NULL
    where nothing is referred to."""
    ordered, found = self, self.expression
    # Of what is selected, too, Django says its place there.
    if isinstance(found, Ref) and not compiler.query.combinator:
        found = found.source
    field = found.output_field if isinstance(found, Col) else None
    is_text = isinstance(field, (models.CharField, models.TextField))
    # Of rows that are told apart, what they are sorted by must be selected as it is.
    as_selected = found is not self.expression and compiler.query.distinct
    if is_text and not as_selected and not field.db_parameters(connection).get("collation"):
        ordered = self.copy()
        ordered.expression = Collate(found, POSTGRES_ORDER)
    beyond = field is not None and found.alias != compiler.query.get_initial_alias()
    if (field is None or beyond or found.target.null) and not (self.nulls_first or self.nulls_last):
        ordered = ordered.copy()
        ordered.nulls_first, ordered.nulls_last = not self.descending or None, self.descending or None
    return ordered.as_sql(compiler, connection, **context)


OrderBy.as_postgresql = _order_as_everywhere


def exact_json(value) -> str:
    """JSON text that PostgreSQL's jsonb gives back as it was: to it a double of 1e22 is the same number as an
    integer with 23 digits, unless its text has a decimal point."""
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    if isinstance(value, dict):
        inside = ",".join(f"{json.dumps(name)}:{exact_json(inner)}" for name, inner in value.items())
        return f"{{{inside}}}"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(exact_json(inner) for inner in value)}]"
    return json.dumps(value)


_IN_A_PATH = str.maketrans({"%": "%25", ".": "%2E", "$": "%24"})
_ESCAPED = re.compile("%(25|2E|24)")


def path_of(name: str) -> str:
    """A property's name as MongoDB's documents have it. A dot there leads into a document, a dollar begins an
    operator, and `{"$ref": …}` would be read as something else altogether. No name is empty there."""
    return name.translate(_IN_A_PATH) or "%"


def name_of(path: str) -> str:
    return "" if path == "%" else _ESCAPED.sub(lambda match: chr(int(match[1], 16)), path)


def rename_path(value, rename):
    """A JSON value with the names of all properties changed by `rename`."""
    if isinstance(value, dict):
        return {rename(name): rename_path(inner, rename) for name, inner in value.items()}
    if isinstance(value, list):
        return [rename_path(inner, rename) for inner in value]
    return value


def create_unique_indexes(app_config, using, **_kwargs) -> None:
    """Give MongoDB plain indexes of what is unique: those that the migrations make there are partial, and a partial
    index is no help to find a session, a name or a key by its value."""
    connection = connections[using]
    if connection.vendor != "mongodb" or not app_config.models_module:
        return
    present = connection.introspection.table_names()
    for model in app_config.get_models(include_auto_created=True):
        if model._meta.db_table in present and model._meta.can_migrate(connection):
            for names in _unique_together(model):
                columns = [model._meta.get_field(name).column for name in names]
                if columns != ["_id"]:
                    index = [(column, 1) for column in columns]
                    collection = connection.database[model._meta.db_table]
                    collection.create_index(index, name=f"plain_{'_'.join(columns)}")


def _unique_together(model) -> set[tuple[str, ...]]:
    found = {(field.name,) for field in model._meta.local_concrete_fields if field.unique}
    found |= {tuple(names) for names in model._meta.unique_together}
    return found | {tuple(constraint.fields) for constraint in model._meta.total_unique_constraints}


def subquery_ids(values: models.QuerySet):
    """For `…__in=subquery_ids(queryset.values("pk"))`. MongoDB would look at every document for each of a subquery's, and
    answers wrongly if the queryset is sliced: there the values are fetched first."""
    if connections[values.db].vendor == "mongodb":
        (name,) = values._fields
        return list(values.values_list(name, flat=True))
    return values


FAR = 1000
"""From here on, rows are not read to be skipped."""


def slice_rows(queryset: models.QuerySet, start: int, stop: int) -> list:
    """`list(queryset[start:stop])`; far down, what the rows are named by comes first, which an index has, and then the
    rows."""
    if start < FAR:
        return fetch(queryset, start, stop)
    names = _named_by(queryset)
    named = list(queryset.values_list(*names)[start:stop])
    if not named:
        return []
    # In no order: asked for one, SQLite would look for them through all that there is, in that order.
    asked = {f"{name}__in": {each[place] for each in named} for place, name in enumerate(names)}
    rows = fetch(queryset.order_by().filter(**asked))
    found = {tuple(getattr(row, name) for name in names): row for row in rows}
    return [found[name] for name in named if name in found]


def _named_by(queryset: models.QuerySet) -> tuple[str, ...]:
    """What tells the rows of a list apart: columns of its order if no two rows have the same in all of them, else their
    ids. (The index that has the order need not have the ids, and PostgreSQL would read each row that it skips.)"""
    meta = queryset.model._meta
    order = {str(name).lstrip("-") for name in queryset.query.order_by}
    for constraint in meta.total_unique_constraints:
        names = tuple(meta.get_field(name).attname for name in constraint.fields)
        if order.issuperset(names):
            return names
    return ("pk",)


def with_related(queryset: models.QuerySet, *names: str) -> models.QuerySet:
    """The records with those that they point at, in one query where the database joins what it has found; MongoDB
    joins first and looks for what was asked then."""
    if connections[queryset.db].vendor == "mongodb":
        return queryset.prefetch_related(*names)
    return queryset.select_related(*names)


def prefetch_references(records: list[models.Model], name: str, found: models.QuerySet) -> None:
    """Give several records what a reference of theirs points at, in one query: one of those found, or None. (Django's
    prefetching asks for each id by a condition of its own, and making these takes longer than finding the rows.)"""
    if not records:
        return
    field = records[0]._meta.get_field(name)
    ids = {getattr(record, field.attname) for record in records} - {None}
    known = {row.pk: row for row in found.order_by().filter(pk__in=ids)} if ids else {}
    for record in records:
        field.set_cached_value(record, known.get(getattr(record, field.attname)))


def empty_write_log() -> bool:
    """Move SQLite's log of writes into the database, and cut it off: it still has what was overwritten. False if somebody
    reads from it for longer than a connection waits."""
    connection = own_connection()
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return True
    with connection.cursor() as cursor:
        return cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
