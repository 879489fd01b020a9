"""What may be meant by what somebody types where a record is to be chosen: `static/offers.js` asks for it."""

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.functional import cached_property

from backoffice.db.object_ids import is_object_id
from backoffice.db.search import LONGEST_SEARCH
from backoffice.forms.fields import ReferenceOptions, offered_by
from backoffice.lists.filters import ReferenceFilter
from backoffice.records.identify import OFFERED, describe_uniquely, find_candidates
from backoffice.records.models import Entity
from backoffice.records.properties import Holders
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import all_viewsets, viewset_for


class AutocompleteView(SignedInView):
    """`/choices/facility.customerobject?q=…`: for the forms. 403 for people who have nothing to choose them for."""

    def get(self, request, **named):
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        words, rows = self.choices()
        names = [name for name in words if text and name.casefold().startswith(text.casefold())]
        names += [describe_uniquely(record) for record in find_candidates(rows, text)] if text else []
        response = render(request, "web/components/autocomplete.html", {"names": names[:OFFERED]})
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
        """The words, and the records, that may be offered here."""
        user, company_id = self.request.user, self.request.GET.get("company", "")
        if not (user.may("view", self.model) or any(map(self._may_point, all_viewsets()))):
            raise PermissionDenied
        choices = ReferenceOptions(user, company_id if is_object_id(company_id) else None)
        return [], choices.rows(self.model, self._holders())

    def _holders(self) -> Holders | None:
        """Who is offered for the property that is asked for: `?of=facility.complaint.user`."""
        label, _dot, name = self.request.GET.get("of", "").rpartition(".")
        for model in apps.get_models():
            if model._meta.label_lower == label:
                fields = [field for field in model._meta.concrete_fields if field.name == name]
                return offered_by(fields[0])[1] if fields and fields[0].related_model is self.model else None
        return None

    def _may_point(self, kind) -> bool:
        """Whether this person may make or change records of a kind that point at such."""
        user = self.request.user
        return self.model in _targets(kind.model) and (
            user.may("add", kind.model) or user.may("change", kind.model)
        )


class FilterAutocompleteView(AutocompleteView):
    """`/choices/facility.complaint/object?q=…`: for a filter of the list."""

    def choices(self):
        kind, user = viewset_for(self.model), self.request.user
        if kind is None:
            raise Http404
        if not user.may("view", self.model):
            raise PermissionDenied
        filters = kind.filterset_class(None, self.model.objects.none(), actor=user).filters
        item = filters.get(self.kwargs["name"])
        if not isinstance(item, ReferenceFilter):
            raise Http404
        return [str(name) for _word, name in item.field.words], item.get_queryset(self.request)


def _targets(model: type[Entity]) -> set[type[Entity]]:
    """The kinds of records that a kind of record, or its rows, may point at."""
    found = set()
    for prop in model.properties.values():
        found |= {column.target for column in prop.columns().values()} if prop.many else {prop.target}
    return found
