"""Autocomplete of reference fields. `static/autocomplete.js` requests it."""

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.functional import cached_property

from backoffice.db.object_ids import is_object_id
from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.forms.reference_options import ReferenceOptions, options_key
from backoffice.lists.filters import ReferenceFilter
from backoffice.records.identify import MAX_SUGGESTIONS, describe_uniquely, find_candidates
from backoffice.records.models import Entity
from backoffice.records.properties import UserChoices
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import all_viewsets, viewset_for


class AutocompleteView(SignedInView):
    """`/choices/facility.customerobject?q=…`: choices for form fields. 403 for users who may neither view the
    model nor edit records that reference it."""

    def get(self, request, **named):
        text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH_LENGTH]
        words, rows = self.choices()
        names = [name for name in words if text and name.casefold().startswith(text.casefold())]
        names += [describe_uniquely(record) for record in find_candidates(rows, text)] if text else []
        response = render(request, "web/components/autocomplete.html", {"names": names[:MAX_SUGGESTIONS]})
        response["Cache-Control"] = "private, max-age=30"
        return response

    @cached_property
    def model(self) -> type[Entity]:
        try:
            model = apps.get_model(self.kwargs["model"])
        except (LookupError, ValueError) as error:
            raise Http404 from error
        if not issubclass(model, Entity):
            raise Http404
        return model

    def choices(self):
        """Return the (words, records) to choose from."""
        user, company_id = self.request.user, self.request.GET.get("company", "")
        if not (user.may("view", self.model) or any(map(self._may_reference, all_viewsets()))):
            raise PermissionDenied
        choices = ReferenceOptions(user, company_id if is_object_id(company_id) else None)
        return [], choices.rows(self.model, self._holders())

    def _holders(self) -> UserChoices | None:
        """Return the restriction of the users to offer for the property in `?of=facility.complaint.user`."""
        label, _dot, name = self.request.GET.get("of", "").rpartition(".")
        for model in apps.get_models():
            if model._meta.label_lower == label:
                fields = [field for field in model._meta.concrete_fields if field.name == name]
                return options_key(fields[0])[1] if fields and fields[0].related_model is self.model else None
        return None

    def _may_reference(self, viewset) -> bool:
        """Return whether the user may add or change records that can reference the model."""
        user = self.request.user
        return self.model in _targets(viewset.model) and (
            user.may("add", viewset.model) or user.may("change", viewset.model)
        )


class FilterAutocompleteView(AutocompleteView):
    """`/choices/facility.complaint/object?q=…`: choices for a filter of a list."""

    def choices(self):
        viewset, user = viewset_for(self.model), self.request.user
        if viewset is None:
            raise Http404
        if not user.may("view", self.model):
            raise PermissionDenied
        filters = viewset.filterset_class(None, self.model.objects.none(), actor=user).filters
        item = filters.get(self.kwargs["name"])
        if not isinstance(item, ReferenceFilter):
            raise Http404
        return [str(name) for _word, name in item.field.special_choices], item.get_queryset(self.request)


def _targets(model: type[Entity]) -> set[type[Entity]]:
    """Return the models that a model's records, or the rows of their lists, may reference."""
    targets = set()
    for prop in model.properties.values():
        targets |= {column.target for column in prop.columns().values()} if prop.many else {prop.target}
    return targets
