"""Differences between SecantusDB, the stand-in for a MongoDB server in tests, and MongoDB. This is the only
place for them: workarounds are applied here, and tests that it cannot pass are listed in CANNOT."""

from django.db import DEFAULT_DB_ALIAS, connections

CANNOT: dict[str, str] = {}
"""Tests by the end of their names, and why the stand-in cannot pass them."""


ENDS_TRANSACTIONS_OF_THE_DEAD = False
"""MongoDB aborts the transaction of a lost client after at most a minute. The stand-in keeps it for ever, and
a writer of the same document waits as long."""


def is_stand_in() -> bool:
    """Return whether the tests run on the stand-in."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "mongodb":
        return False
    from pymongo import MongoClient

    with MongoClient(**connection.get_connection_params()) as client:
        return client.admin.command("hello").get("setName") == "secantus"


def apply_workarounds() -> None:
    """Work around differences in queries: the stand-in takes the 1 of `{"$project": {"a": {"b": 1}}}` for the
    new value of `a.b`, and lets `{"$addFields": {"a": {"b": …}}}` replace all of `a`; with `a.b` as a name it
    does both as MongoDB does. And it scans all documents for a condition with `$and`."""
    from django_mongodb_backend.query import MongoQuery

    original = MongoQuery.get_pipeline
    MongoQuery.get_pipeline = lambda query: [_with_flat_names(stage) for stage in original(query)]
    MongoQuery.match_mql = property(
        lambda query: query.conditions,
        lambda query, condition: setattr(query, "conditions", _without_and(condition)),
    )


def _without_and(condition: dict) -> dict:
    """Return `{"$and": [{"a": 1}, {"b": 2}]}` as `{"a": 1, "b": 2}`, where that is equivalent."""
    if condition.keys() != {"$and"}:
        return condition
    parts = [_without_and(part) for part in condition["$and"]]
    merged = {name: operand for part in parts for name, operand in part.items()}
    is_same = len(merged) == sum(map(len, parts)) and not any(name.startswith("$") for name in merged)
    return merged if is_same else condition


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
