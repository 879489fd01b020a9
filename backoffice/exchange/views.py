"""The view that exports lists to files."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from backoffice.exchange.exportables import exportables
from backoffice.exchange.exports import Format, file_name, formats_of, pieces_of, shows_secrets
from backoffice.lists.saved_views import list_settings
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import RecordTypeView, browser_context


class ExportView(RecordTypeView):
    """Export all pages of a list: `/complaints/export?format=csv`, with the list's query parameters. Exports
    that may contain secrets require a POST."""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.subject = exportables().get(kwargs["slug"])
        if self.subject is None or self.subject.viewset is None:
            raise Http404
        self.viewset = self.subject.viewset

    def get_format(self) -> Format:
        format = {each.name: each for each in formats_of(self.subject)}.get(self.request.GET.get("format"))
        if format is None:
            raise BadRequest
        return format

    def list_url(self) -> str:
        """Return the URL of the list with all query parameters, valid or not."""
        query = self.request.GET.copy()
        query.pop("format", None)
        address = self.viewset.url("list")
        return f"{address}?{query.urlencode()}" if query else address

    def post(self, request, slug):
        format, method = self.get_format(), "POST" if request.method == "POST" else "GET"
        allowed = "POST" if shows_secrets(self.subject, format) else "GET"
        if method == "GET" and allowed == "POST":
            return redirect(self.list_url())
        if method != allowed:
            return HttpResponseNotAllowed([allowed])
        user, viewset = request.user, self.viewset
        listing = RecordListing(viewset, user, request.GET, list_settings(user, viewset.model))
        if not listing.filters.is_valid():
            problems = listing.filters.problems()
            context = {"viewset": viewset, "problems": problems, "list_url": self.list_url()}
            return render(request, "exchange/refused.html", context, status=400)
        # Pass the language: when the response is streamed, another request's may be active in this thread.
        how = {"columns": listing.columns, "language": get_language() or "en"}
        pieces = pieces_of(self.subject, format, listing.queryset, user, browser_context(request), **how)
        name = file_name(self.subject, format)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(pieces, content_type=format.content_type, headers=headers)

    get = post
