"""Assigns the most urgent waiting record to the user."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from backoffice.accounts.request_keys import content_key
from backoffice.records import services
from backoffice.records.idempotency import KeyInUse, find_repeated
from backoffice.web.mixins import RecordTypeView, browser_context


class TakeNextView(RecordTypeView):
    """Takes the next record and redirects to its page."""

    http_method_names = ["post"]

    def dispatch(self, request, *args, **kwargs):
        user = request.user
        if request.method == "POST" and user.is_authenticated and not self.viewset.may_be_taken_by(user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def post(self, request):
        viewset, user, key = self.viewset, request.user, content_key(request)
        if earlier := find_repeated(key):
            messages.info(
                request, _("You have already taken this one. Reload the previous page to take the next one.")
            )
            record = user.find_visible(viewset.model, earlier.record_id)
            return redirect(viewset.url("record", record.pk) if record else viewset.url("list"))
        try:
            planned = services.take_next(viewset.model, actor=user, context=browser_context(request, key))
        except KeyInUse:  # a concurrent request with the same form won
            return self.post(request)
        if planned is None:
            messages.info(request, _("Nothing is waiting: everything that is open has an assignee."))
            return redirect(viewset.url("list"))
        messages.success(request, _("Assigned to you."))
        return redirect(viewset.url("record", planned.record.pk))
