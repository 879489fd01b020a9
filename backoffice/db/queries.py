"""Compiled queries and fast instances: the public names of `backoffice.db.compiled`."""

from backoffice.db.compiled.instances import FastInstanceMixin
from backoffice.db.compiled.statements import CompiledQuery, execute_insert, execute_update, find_by_any

__all__ = ["CompiledQuery", "FastInstanceMixin", "execute_insert", "execute_update", "find_by_any"]
