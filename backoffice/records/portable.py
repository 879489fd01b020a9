"""What the databases do not do alike, made alike. (Transactions are in `transactions`, finding text and properties of
open objects in `lookups`, how values are kept in `fields`; `docs/databases.md` tells why.)"""

import json
import re
from decimal import Decimal

from django.db import models
from django.db.models.expressions import Col, OrderBy
from django.db.models.functions import Collate

POSTGRES_ORDER = "C"
"""The collation of text on PostgreSQL: by code points, as SQLite, MongoDB and Python compare it. Any other sorts by a
language's dictionary, and knows the case of letters by it."""


def _order_as_everywhere(self, compiler, connection, **context):
    """PostgreSQL sorts NULL behind everything, SQLite and MongoDB before. Before it is, upwards. A column that is
    never NULL is left alone: an index is not used for an order that it was not told of."""
    ordered, found = self, self.expression
    field = found.output_field if isinstance(found, Col) else None
    is_text = isinstance(field, (models.CharField, models.TextField))
    if is_text and not field.db_parameters(connection).get("collation"):
        ordered = self.copy()
        ordered.expression = Collate(found, POSTGRES_ORDER)
    if (field is None or found.target.null) and not (self.nulls_first or self.nulls_last):
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


def renamed(value, rename):
    """A JSON value with the names of all properties changed by `rename`."""
    if isinstance(value, dict):
        return {rename(name): renamed(inner, rename) for name, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, rename) for inner in value]
    return value
