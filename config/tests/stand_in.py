"""What SecantusDB, which stands in for a MongoDB server in tests, does otherwise than one. The only place where that is
told: what can be put right is put right here, and a test of what it cannot do is left out by its name in CANNOT."""

from django.db import DEFAULT_DB_ALIAS, connections

CANNOT: dict[str, str] = {}
"""Tests by the end of their names, and why the stand-in cannot pass them."""


def is_stand_in() -> bool:
    """Whether the tests run on the stand-in, not on a MongoDB server."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "mongodb":
        return False
    from pymongo import MongoClient

    with MongoClient(**connection.get_connection_params()) as client:
        return client.admin.command("hello").get("setName") == "secantus"


def put_right() -> None:
    _flatten_projections()


def _flatten_projections() -> None:
    """`{"$project": {"a": {"b": 1}}}` asks for `a.b` as it is, as `{"a.b": 1}` does. The stand-in takes the 1 for
    the new value."""
    from django_mongodb_backend.compiler import SQLCompiler

    original = SQLCompiler.get_project_fields

    def flat(self, *args, **kwargs):
        fields = {}
        for name, found in original(self, *args, **kwargs).items():
            if isinstance(found, dict) and found and all(value == 1 for value in found.values()):
                fields |= {f"{name}.{inner}": 1 for inner in found}
            else:
                fields[name] = found
        return fields

    SQLCompiler.get_project_fields = flat
