"""Names of the types that recur in annotations of the API: see `backoffice.db.annotations`, too."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError

from backoffice.db.annotations import JsonObject

Schema: TypeAlias = Mapping[str, Any]
"""A JSON Schema (2020-12), as in OpenAPI 3.1."""

BodyPath: TypeAlias = tuple[str | int, ...]
"""The path of a value in a request body: keys of objects and indexes of lists."""

BodyErrors: TypeAlias = dict[BodyPath, ValidationError]
"""Errors in a request body, by path."""

ReadBody: TypeAlias = tuple[JsonObject, BodyErrors]
"""A request body, and the errors of its values that cannot be stored."""
