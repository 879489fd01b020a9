"""The models to move and their order."""

import pytest
from django.apps import apps
from django.db import models

from backoffice.moving.ordering import (
    LEFT_OUT,
    deferred_references,
    keeps_primary_key,
    move_steps,
    moved_models,
    references,
)

STEPS = move_steps()
KNOWN = (
    models.BooleanField, models.IntegerField, models.FloatField, models.CharField, models.TextField,
    models.JSONField, models.DateTimeField, models.ForeignKey,
)  # fmt: skip


def test_every_model_is_moved_or_excluded_with_a_reason():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert labels == {model._meta.label for model in moved_models()} | set(LEFT_OUT)
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize("model", moved_models(), ids=lambda model: model._meta.label)
def test_required_references_are_moved_first(model):
    before = moved_models()[: moved_models().index(model)]
    later = deferred_references(model)
    for field in references(model):
        assert (field.related_model in before) != (field in later)
        assert field.null or field not in later


@pytest.mark.parametrize("model", moved_models(), ids=lambda model: model._meta.label)
def test_rows_have_an_identity_on_every_database(model):
    assert keeps_primary_key(model) or model._meta.auto_created or hasattr(model, "natural_key")


@pytest.mark.parametrize("model", moved_models(), ids=lambda model: model._meta.label)
def test_all_column_types_can_be_serialized(model):
    columns = [
        field for field in model._meta.concrete_fields if keeps_primary_key(model) or not field.primary_key
    ]
    assert [field for field in columns if not isinstance(field, KNOWN)] == []


def test_deferred_references_are_filled_in_at_the_end():
    later = [step.later for step in STEPS]
    assert later == sorted(later)
    names = [step.name for step in STEPS]
    assert len(names) == len(set(names))
    assert "people.User later" in names
    assert "records.History later" not in names
