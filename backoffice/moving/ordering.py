"""The models to move, in dependency order: no row comes before the rows that it requires."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import models

from backoffice.records.fields import ObjectIdField

LEFT_OUT = {
    "sessions.Session": "not used: sessions are in signin.UserSession",
    "signin.UserSession": "users sign in again",
    "admin.LogEntry": "not used: records have their own history",
    "moving.Move": "it describes the database that contains it",
    "records.KeyFingerprint": "the first start with the target database records the keys",
}


@dataclass(frozen=True)
class MoveStep:
    """Copying the rows of a model, or (`later`) filling in those of their references that had to wait."""

    model: type[models.Model]
    later: bool = False

    @property
    def name(self) -> str:
        return f"{self.model._meta.label} later" if self.later else self.model._meta.label


def keeps_primary_key(model: type[models.Model]) -> bool:
    """Return whether rows keep their primary key on every database. Others (of Django's own apps) are
    identified by their natural key, or as a link between two rows."""
    return isinstance(model._meta.pk, ObjectIdField)


@cache
def moved_models() -> list[type[models.Model]]:
    """Return all models to move, in order."""
    models_to_sort = apps.get_models(include_auto_created=True)
    return _sort_by_dependency(
        [
            model
            for model in models_to_sort
            if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
        ]
    )


def move_steps() -> list[MoveStep]:
    ordered = moved_models()
    return [MoveStep(model) for model in ordered] + [
        MoveStep(model, True) for model in ordered if deferred_references(model)
    ]


def references(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if field.remote_field]


def deferred_references(model: type[models.Model]) -> list[models.ForeignKey]:
    """Return the references of a model to rows of the same or of later models."""
    ordered = moved_models()
    earlier = set(ordered[: ordered.index(model)])
    return [field for field in references(model) if field.related_model not in earlier]


def _sort_by_dependency(unsorted: list[type[models.Model]]) -> list[type[models.Model]]:
    ordered: list[type[models.Model]] = []
    waiting = sorted(unsorted, key=lambda model: model._meta.label)

    def missing_references(model) -> list[models.ForeignKey]:
        return [field for field in references(model) if field.related_model not in [*ordered, model]]

    def count_referrers(model) -> int:
        return sum(
            any(field.related_model is model for field in references(other))
            for other in waiting
            if other is not model
        )

    while waiting:
        ready = [model for model in waiting if all(field.null for field in missing_references(model))]
        if not ready:
            raise TypeError(f"Circular required references: {waiting}")
        # In a cycle, the most referenced model comes first: this leaves the fewest references to fill in later.
        best = next((model for model in ready if not missing_references(model)), None) or max(
            ready, key=count_referrers
        )
        ordered.append(best)
        waiting.remove(best)
    return ordered
