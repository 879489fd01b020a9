"""System checks of the view sets."""

from collections.abc import Iterator

from bs_icon_templates.templatetags.bs_icons import bs_icon
from django.core import checks
from django.template import TemplateDoesNotExist
from django.urls import get_resolver

from backoffice.records.fields import sort_column
from backoffice.web.viewsets import RecordViewSet, all_viewsets


@checks.register()
def check_viewsets(app_configs, **kwargs):
    """Report what would make each page or list an error."""
    get_resolver().url_patterns  # noqa: B018 (importing them registers the view sets)
    return [
        error
        for viewset in all_viewsets()
        for error in (*_find_unknown_icon(viewset), *_find_wrong_sorts(viewset))
    ]


def _find_unknown_icon(viewset: RecordViewSet) -> Iterator[checks.Error]:
    try:
        bs_icon(viewset.icon)
    except TemplateDoesNotExist:
        hint = "Choose a name from https://icons.getbootstrap.com."
        yield checks.Error(f"There is no icon “{viewset.icon}”.", hint=hint, obj=type(viewset), id="web.E002")


def _find_wrong_sorts(viewset: RecordViewSet) -> Iterator[checks.Error]:
    """Yield the names in `default_sort` by which the list cannot be sorted. Default columns can be sorted by what an
    index has in order."""
    sortable = {column.name for column in viewset.all_columns if column.sort}
    for name in {key.removeprefix("-") for key in viewset.default_sort.split(",")} - sortable:
        known = name in viewset.model.properties
        index = f"company and {sort_column(viewset.model, name)}" if known else "company and a property"
        yield checks.Error(
            f"The list cannot be sorted by “{name}” of its default_sort.",
            hint=f"Name a column that has `sort`. A default column has it if an index begins with {index}.",
            obj=type(viewset),
            id="web.E001",
        )
