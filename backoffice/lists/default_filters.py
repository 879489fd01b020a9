"""Filters of record models that declare none: all that an index of the model supports."""

import re
from functools import cache

import django_filters
from django.db import models
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from backoffice.lists import query_params
from backoffice.lists.filters import (
    DayFilter,
    RecordFilterSet,
    RecordStatusFilter,
    ReferenceFilter,
    UserFilter,
)
from backoffice.people.models import User
from backoffice.records.models import Entity


def camel_case(name: str) -> str:
    """Return a property's name as JSON has it: `lent_at` as `lentAt`."""
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


def filterable_properties(model: type[Entity]) -> list[models.Field]:
    """Return the columns by which an index finds the records of a company, in the model's order."""
    found = {next((name for name in index.fields if name != "company"), "") for index in model._meta.indexes}
    return [
        prop.field
        for name, prop in model.properties.items()
        if name in found and not prop.many and prop.guard is None
    ]


@cache
def default_filterset(model: type[Entity]) -> type[RecordFilterSet]:
    """Return filters by search, by each indexed property and by record status."""
    attributes: dict[str, object] = {} if model.searched_properties else {"q": None}
    names = []
    with override("en"):  # the language of the OpenAPI document
        plural = capfirst(str(model._meta.verbose_name_plural))
    params = {
        "ids": query_params.ids("pk", f"{plural} with one of these ids."),
        "status": query_params.numbers("status", f"{plural} whose `status.status` is one of these."),
    }
    for field in filterable_properties(model):
        filters, of_scripts = _filters_of(field, plural)
        names += filters
        attributes |= filters
        params |= of_scripts
    if model.searched_properties:
        params["search"] = query_params.SearchParameter(plural)
    attributes |= {
        "record": RecordStatusFilter(),
        "main_filters": (*names[:2], "record"),
        "query_params": params,
    }
    return type(f"{model.__name__}Filters", (RecordFilterSet,), attributes)


def _filters_of(field: models.Field, plural: str) -> tuple[dict, dict]:
    """Return the filters of a property for pages, and those for scripts, by name."""
    name, key, label = field.name, camel_case(field.name), capfirst(field.verbose_name)
    with override("en"):
        english = str(field.verbose_name)
    if field.is_relation:
        reference = UserFilter if issubclass(field.related_model, User) else ReferenceFilter
        return (
            {name: reference(name, field.related_model, label=label, empty_label=_("All"))},
            {f"{key}Ids": query_params.ids(name, f"{plural} whose {english} is one of these.")},
        )
    if field.choices:
        values = [value for value, _label in field.flatchoices]
        return (
            {
                name: django_filters.ChoiceFilter(
                    name, label=label, empty_label=_("All"), choices=field.flatchoices
                )
            },
            {key: query_params.choices(name, values, f"{plural} whose {english} is one of these.")},
        )
    if isinstance(field, models.DateTimeField):
        return (
            {
                f"{name}_from": DayFilter(name, label=format_lazy(_("{property}: from"), property=label)),
                f"{name}_to": DayFilter(
                    name, until=True, label=format_lazy(_("{property}: to"), property=label)
                ),
            },
            {
                f"{key}From": query_params.since(name, f"{plural} whose {english} is this time or later."),
                f"{key}To": query_params.until(name, f"{plural} whose {english} is this time or earlier."),
            },
        )
    return {}, {}
