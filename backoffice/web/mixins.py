"""Access control for views in the browser."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from backoffice.accounts.reauthentication import require_password
from backoffice.records.actors import ChangeContext, Channel
from backoffice.records.idempotency import RequestKey
from backoffice.web.viewsets import RecordViewSet


class RedirectOnGetMixin:
    """For views that accept POST only: redirect GET to the page that the form is on."""

    def page_url(self) -> str:
        """Return the URL of that page."""
        return reverse("web:home")

    def http_method_not_allowed(self, request, *args, **kwargs):
        if request.method in ("GET", "HEAD"):
            return redirect(self.page_url())
        return super().http_method_not_allowed(request, *args, **kwargs)


class SignedInView(RedirectOnGetMixin, LoginRequiredMixin, View):
    """A view for signed-in users. Others are redirected to the sign-in page, and back after signing in."""

    def handle_no_permission(self):
        response = super().handle_no_permission()
        # htmx would follow a plain redirect itself and swap the sign-in page into a part of this page.
        return HttpResponseClientRedirect(response.url) if self.request.htmx else response


class RecordTypeView(SignedInView):
    """A view of one record model: 403 for users who may not view its records."""

    viewset: RecordViewSet = None

    def page_url(self):
        return self.viewset.url("list")

    form_for = ""
    """The permission (`add`, `change`, `delete`) that the form on this page needs, if the page has a form."""

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            if not request.user.may("view", self.viewset.model):
                raise PermissionDenied
            if (
                self.viewset.requires_reauthentication
                and self.has_form(request)
                and (response := require_password(request))
            ):
                return response
        return super().dispatch(request, *args, **kwargs)

    def has_form(self, request) -> bool:
        """Return whether this request opens or submits a form."""
        opens_form = bool(self.form_for) and request.user.may(self.form_for, self.viewset.model)
        return opens_form or request.method == "POST"


def browser_context(request, key: RequestKey | None = None) -> ChangeContext:
    """Return the change context of a request through the browser channel."""
    return ChangeContext(Channel.BROWSER, request.request_id, key)
