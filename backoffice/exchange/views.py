"""The file that a list is exported to."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language

from backoffice.exchange.exportables import exportables
from backoffice.exchange.exports import Format, file_name, formats_of, pieces_of, shows_secrets
from backoffice.lists.saved_views import list_settings
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import RecordTypeView, via_browser


class Export(RecordTypeView):
    """`/complaints/export?format=csv`, and for the rest the query of the list: its rows, all pages of them. What may
    have secrets in it is answered to a POST only."""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.subject = exportables().get(kwargs["slug"])
        if self.subject is None or self.subject.kind is None:
            raise Http404
        self.kind = self.subject.kind

    def asked(self) -> Format:
        found = {each.name: each for each in formats_of(self.subject)}.get(self.request.GET.get("format"))
        if found is None:
            raise BadRequest
        return found

    def list_url(self) -> str:
        """Return the address of the list with everything that was asked for, also what is not understood."""
        query = self.request.GET.copy()
        query.pop("format", None)
        address = self.kind.url("list")
        return f"{address}?{query.urlencode()}" if query else address

    def get(self, request, slug):
        return self.answer(request, "GET")

    def post(self, request, slug):
        return self.answer(request, "POST")

    def answer(self, request, method: str):
        asked = self.asked()
        allowed = "POST" if shows_secrets(self.subject, asked) else "GET"
        if method == "GET" and allowed == "POST":
            return redirect(self.list_url())
        if method != allowed:
            return HttpResponseNotAllowed([allowed])
        user, kind = request.user, self.kind
        seen = RecordListing(kind, user, request.GET, list_settings(user, kind.model))
        if not seen.filters.is_valid():
            problems = seen.filters.problems()
            shown = {"kind": kind, "problems": problems, "list_url": self.list_url()}
            return render(request, "exchange/refused.html", shown, status=400)
        via, columns = via_browser(request), seen.columns
        # (The answer is written when the language of the request may be another one's by now.)
        pieces = pieces_of(
            self.subject, asked, seen.found, user, via, columns=columns, language=get_language() or "en"
        )
        name = file_name(self.subject, asked)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(pieces, content_type=asked.content_type, headers=headers)
