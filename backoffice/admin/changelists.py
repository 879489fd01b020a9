"""Lists of admin. Django's drop a filter that they do not understand, or that has nothing to offer, and show everything."""

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.utils.translation import gettext as _

from backoffice.db.search import LONGEST_SEARCH
from backoffice.records.fields import sort_columns


class StrictChangeList(ChangeList):
    """A list that finds nothing, and says why, if a filter of its address is not understood; sorted by sort keys."""

    filter_specs, has_filters, has_active_filters = (), False, False

    def get_ordering(self, request, queryset):
        names = super().get_ordering(request, queryset)
        return sort_columns(self.model, names) if all(isinstance(name, str) for name in names) else names

    def get_filters(self, request):
        found = super().get_filters(request)
        self._lookups = found[2]
        return found

    def get_queryset(self, request, exclude_parameters=None):
        try:
            found = super().get_queryset(request, exclude_parameters)
        except IncorrectLookupParameters:
            found, problem = None, _("A filter of this list is not understood, so nothing is listed.")
        else:
            problem = self._problem()
        if not problem:
            return found
        messages.error(request, problem)
        self.has_filters = self.has_active_filters = True
        self.clear_all_filters_qs = "?"
        return self.root_queryset.none()

    def _problem(self) -> str:
        """What is wrong with the filters of the address; empty if nothing is."""
        if len(self.query) > LONGEST_SEARCH:
            return _("Search for at most %(most)s characters.") % {"most": LONGEST_SEARCH}
        applied = {name for spec in self.filter_specs for name in spec.used_parameters}
        for name in self.get_filters_params():
            if name not in applied and name not in self._lookups:
                return _("A filter of this list is not understood, so nothing is listed.")
        for spec in self.filter_specs:
            if spec.used_parameters and not any(choice["selected"] for choice in spec.choices(self)):
                said = _(
                    "The filter “%(name)s” has a value that is not among its choices, so nothing is listed."
                )
                return said % {"name": spec.title}
        return ""
