"""Compiled SQL, and instances built without `Model.__init__`: the face for `backoffice.db.queries`, which uses the
ORM instead where `COMPILED_SQL` is off."""

from backoffice.db.compiled.instances import build_instance
from backoffice.db.compiled.selects import fetch
from backoffice.db.compiled.statements import find, insert, update

__all__ = ["build_instance", "fetch", "find", "insert", "update"]
