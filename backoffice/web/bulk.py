"""Choosing many records of a list, to change or remove them together."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from backoffice.accounts.request_keys import whole_key
from backoffice.bulk.models import Job
from backoffice.bulk.services import prepared
from backoffice.db.object_ids import is_object_id
from backoffice.records.idempotency import make_once
from backoffice.web.mixins import KindView
from backoffice.web.views.lists import EVERYTHING, Listing


class ChooseMany(KindView):
    """Takes those that were ticked, or all that match the list's filters, and asks what is to become of them: nothing
    is changed or removed here."""

    http_method_names = ["post"]

    def post(self, request):
        removes = request.POST.get("do") == "remove"
        if not request.user.may("delete" if removes else "change", self.kind.model):
            raise PermissionDenied
        listing = Listing.of_query(self.kind, request.user, request.POST.get("query", ""))
        back = listing.address.but() if listing.address.kept else listing.address.of(EVERYTHING)
        problem = listing.filters.problem_text()
        if problem and request.POST.get("which") == "all":
            messages.error(request, _("Nothing is chosen. %(problem)s") % {"problem": problem})
            return redirect(back)
        try:
            found, query = self._asked(listing), listing.address.query
            job = make_once(
                whole_key(request),
                lambda: prepared(found, request.user, query, removes=removes),
                lambda pk: Job.objects.of(request.user).filter(pk=pk).first(),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(back)
        if job is None:
            messages.error(request, _("Nothing is chosen. Tick some records, or take all that match."))
            return redirect(back)
        return redirect("web:job_preview" if removes else "web:job", job.pk)

    def _asked(self, listing: Listing) -> QuerySet:
        names = {"all": None, "page": "shown"}
        name = names.get(self.request.POST.get("which"), "chosen")
        if name is None:
            return listing.found
        ids = [pk for pk in self.request.POST.getlist(name) if is_object_id(pk)]
        visible = self.kind.model.objects.visible_to(self.request.user)
        return visible.filter(pk__in=ids).order_by(*listing.order.columns)
