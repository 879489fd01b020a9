"""Change lists with strict filters. Django's own ignore an invalid or empty filter and show all rows."""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.records.fields import sort_columns

INVALID_FILTER = gettext_lazy("The list is empty because a filter is not valid. Correct or remove it.")


class StrictChangeList(ChangeList):
    """A list that shows no rows and an error message if a filter in its URL is invalid; sorted by sort
    keys."""

    filter_specs, has_filters, has_active_filters = (), False, False

    def __init__(self, request, model, *args, **kwargs):
        super().__init__(request, model, *args, **kwargs)
        self.opts = self.model_admin.opts
        self.title = capfirst(self.opts.verbose_name_plural)

    def get_ordering(self, request, queryset):
        names = super().get_ordering(request, queryset)
        return sort_columns(self.model, names) if all(isinstance(name, str) for name in names) else names

    def get_filters(self, request):
        filters = super().get_filters(request)
        self._lookups = filters[2]
        return filters

    def get_queryset(self, request, exclude_parameters=None):
        try:
            queryset = super().get_queryset(request, exclude_parameters)
        except IncorrectLookupParameters:
            problem = INVALID_FILTER
        else:
            problem = self._find_problem()
        if not problem:
            return queryset
        messages.error(request, problem)
        self.has_filters = self.has_active_filters = True
        self.clear_all_filters_qs = "?"
        return self.root_queryset.none()

    def _find_problem(self) -> str:
        """Return what is wrong with the filters in the URL; empty if nothing is."""
        if len(self.query) > MAX_SEARCH_LENGTH:
            return _("Enter a search term of at most %(most)s characters.") % {"most": MAX_SEARCH_LENGTH}
        applied = {name for spec in self.filter_specs for name in spec.used_parameters}
        for name in self.get_filters_params():
            if name not in applied and name not in self._lookups:
                return INVALID_FILTER
        for spec in self.filter_specs:
            if spec.used_parameters and not any(choice["selected"] for choice in spec.choices(self)):
                message = _(
                    "The list is empty because the filter “%(name)s” has an unknown value. "
                    "Choose another value."
                )
                return message % {"name": spec.title}
        return ""
