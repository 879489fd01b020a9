"""Finding text without regard to case, on every database alike."""

from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.lookups import IContains


def _has(text: object, part: str) -> bool | None:
    return None if text is None else part.casefold() in str(text).casefold()


def teach_sqlite(connection, **_kwargs) -> None:
    """SQLite's own LIKE knows the case of A to Z only; to it `ÅRHUS` and `århus` are two."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("caretaker_has", 2, _has, deterministic=True)


connection_created.connect(teach_sqlite, dispatch_uid="caretaker_has")


class Has(IContains):
    """`name__has="rådhus"`: the text has these letters in it, in upper or lower case."""

    def as_sqlite(self, compiler, connection):
        left, left_values = self.process_lhs(compiler, connection)
        return f"caretaker_has({left}, %s)", [*left_values, self.rhs]


models.CharField.register_lookup(Has, "has")
models.TextField.register_lookup(Has, "has")
