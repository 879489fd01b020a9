"""What is moved, and in which order: no row comes before those that it cannot be without."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import models

from backoffice.records.fields import ObjectIdField

LEFT_OUT = {
    "sessions.Session": "nothing writes it: sessions are signin's",
    "signin.UserSession": "people sign in again",
    "admin.LogEntry": "nothing writes it: records have a history of their own",
    "moving.Move": "it is about the database that it is in",
    "records.KeyFingerprint": "the first start with the database that is moved to records the keys",
}


@dataclass(frozen=True)
class MoveStep:
    """Copying the rows of a model, or (`later`) filling in those references of them that had to wait."""

    model: type[models.Model]
    later: bool = False

    @property
    def name(self) -> str:
        return f"{self.model._meta.label} later" if self.later else self.model._meta.label


def keeps_primary_key(model: type[models.Model]) -> bool:
    """Whether rows have the same key on every database. The others (of Django's own apps) are told by their natural
    key, or as a link of two rows."""
    return isinstance(model._meta.pk, ObjectIdField)


@cache
def moved_models() -> list[type[models.Model]]:
    """All that is moved, in order."""
    found = apps.get_models(include_auto_created=True)
    return _in_order(
        [
            model
            for model in found
            if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
        ]
    )


def move_steps() -> list[MoveStep]:
    ordered = moved_models()
    return [MoveStep(model) for model in ordered] + [
        MoveStep(model, True) for model in ordered if postponed(model)
    ]


def references(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if field.remote_field]


def postponed(model: type[models.Model]) -> list[models.ForeignKey]:
    """The references of a model to rows that come after its own, or along with them."""
    ordered = moved_models()
    there = set(ordered[: ordered.index(model)])
    return [field for field in references(model) if field.related_model not in there]


def _in_order(found: list[type[models.Model]]) -> list[type[models.Model]]:
    placed: list[type[models.Model]] = []
    waiting = sorted(found, key=lambda model: model._meta.label)

    def lacks(model) -> list[models.ForeignKey]:
        return [field for field in references(model) if field.related_model not in [*placed, model]]

    def wanted_by(model) -> int:
        return sum(
            any(field.related_model is model for field in references(other))
            for other in waiting
            if other is not model
        )

    while waiting:
        ready = [model for model in waiting if all(field.null for field in lacks(model))]
        if not ready:
            raise TypeError(f"These cannot be without each other: {waiting}")
        # In a circle, what most others refer to comes first: it leaves the least to fill in later.
        best = next((model for model in ready if not lacks(model)), None) or max(ready, key=wanted_by)
        placed.append(best)
        waiting.remove(best)
    return placed
