"""What SecantusDB, which stands in for a MongoDB server in tests, does otherwise than one. The only place where that is
told: what can be put right is put right here, and a test of what it cannot do is left out by its name in CANNOT."""

from django.db import DEFAULT_DB_ALIAS, connections

CANNOT: dict[str, str] = {}
"""Tests by the end of their names, and why the stand-in cannot pass them."""


ENDS_TRANSACTIONS_OF_THE_DEAD = False
"""A server takes back the transaction of a client that is gone, after a minute at most. The stand-in keeps it for ever,
and whoever writes to the same document waits as long."""


def is_stand_in() -> bool:
    """Whether the tests run on the stand-in, not on a MongoDB server."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "mongodb":
        return False
    from pymongo import MongoClient

    with MongoClient(**connection.get_connection_params()) as client:
        return client.admin.command("hello").get("setName") == "secantus"


def put_right() -> None:
    """The stand-in takes the 1 of `{"$project": {"a": {"b": 1}}}` for the new value of `a.b`, and lets `{"$addFields":
    {"a": {"b": …}}}` replace all of `a`. With `a.b` for a name it does both as a server does. And it looks at every
    document for what is asked by `$and`."""
    from django_mongodb_backend.query import MongoQuery

    original = MongoQuery.get_pipeline
    MongoQuery.get_pipeline = lambda query: [_with_flat_names(stage) for stage in original(query)]
    MongoQuery.match_mql = property(
        lambda query: query.conditions, lambda query, asked: setattr(query, "conditions", _without_and(asked))
    )


def _without_and(asked: dict) -> dict:
    """`{"$and": [{"a": 1}, {"b": 2}]}` as `{"a": 1, "b": 2}`, where that is the same."""
    if asked.keys() != {"$and"}:
        return asked
    parts = [_without_and(part) for part in asked["$and"]]
    merged = {name: condition for part in parts for name, condition in part.items()}
    is_same = len(merged) == sum(map(len, parts)) and not any(name.startswith("$") for name in merged)
    return merged if is_same else asked


def _with_flat_names(stage: dict) -> dict:
    (operator, fields) = next(iter(stage.items()))
    if operator not in ("$project", "$addFields"):
        return stage
    flat = {}
    for name, found in fields.items():
        if isinstance(found, dict) and not any(inner.startswith("$") for inner in found):
            flat |= {f"{name}.{inner}": value for inner, value in found.items()}
        else:
            flat[name] = found
    return {operator: flat}
