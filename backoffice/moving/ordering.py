"""The models to move, in dependency order: no row comes before the rows that it requires."""

from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

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
    moved = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
    ]
    earlier = {
        model: list(
            dict.fromkeys(field.related_model for field in references(model) if field.related_model != model)
        )
        for model in sorted(moved, key=lambda model: model._meta.label)
    }
    while True:
        try:
            return list(TopologicalSorter(earlier).static_order())
        except CycleError as error:
            first, second = next(pair for pair in pairwise(error.args[1]) if _may_wait(*pair))
            earlier[second].remove(first)


def _may_wait(target: type[models.Model], model: type[models.Model]) -> bool:
    """Whether all references of a model to another one are optional, so that they can be filled in later."""
    return all(field.null for field in references(model) if field.related_model is target)


def move_steps() -> list[MoveStep]:
    ordered = moved_models()
    return [MoveStep(model) for model in ordered] + [
        MoveStep(model, True) for model in ordered if deferred_references(model)
    ]


@cache
def find_step(name: str) -> MoveStep:
    return next(step for step in move_steps() if step.name == name)


def references(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if field.remote_field]


def deferred_references(model: type[models.Model]) -> list[models.ForeignKey]:
    """Return the references of a model to rows of the same or of later models."""
    ordered = moved_models()
    earlier = set(ordered[: ordered.index(model)])
    return [field for field in references(model) if field.related_model not in earlier]
