"""Who gets to a page of a kind of record."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from backoffice.accounts.reauthentication import ask_again
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.idempotency import RequestKey
from backoffice.web.viewsets import RecordViewSet


class LeadsToPageMixin:
    """For views that take POST only: whoever opens their address is led to the page that it belongs to."""

    def page_url(self) -> str:
        """The address of that page."""
        return reverse("web:home")

    def http_method_not_allowed(self, request, *args, **kwargs):
        if request.method in ("GET", "HEAD"):
            return redirect(self.page_url())
        return super().http_method_not_allowed(request, *args, **kwargs)


class SignedInView(LeadsToPageMixin, LoginRequiredMixin, View):
    """A page for people who have signed in; others are sent to the sign-in page and back."""

    def handle_no_permission(self):
        response = super().handle_no_permission()
        # A redirect that htmx follows by itself would put the sign-in page into the middle of this one.
        return HttpResponseClientRedirect(response.url) if self.request.htmx else response


class RecordTypeView(SignedInView):
    """A page of one kind of record: 403 for people who may see no record of this kind."""

    kind: RecordViewSet = None

    def page_url(self):
        return self.kind.url("list")

    form_for = ""
    """What the form on this page is for, if it has one: it opens to those who may do that."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            if not request.user.may("view", self.kind.model):
                raise PermissionDenied
            if self.kind.sensitive and self.has_form(request) and (asking := ask_again(request)):
                return asking
        return super().dispatch(request, *args, **kwargs)

    def has_form(self, request) -> bool:
        """Whether a form is opened or sent."""
        opens = bool(self.form_for) and request.user.may(self.form_for, self.kind.model)
        return opens or request.method == "POST"


def via_browser(request, key: RequestKey | None = None) -> ChangeContext:
    """The door these pages are."""
    return ChangeContext(Channel.BROWSER, request.request_id, key)
