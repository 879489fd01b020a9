"""The file that a list is exported to."""

from django.core.exceptions import BadRequest
from django.http import Http404, StreamingHttpResponse

from backoffice.exchange.exports import file_name, formats_of, pieces_of
from backoffice.exchange.subjects import subjects
from backoffice.lists.keeping import choice_of
from backoffice.web.access import KindView
from backoffice.web.lists import Listing
from backoffice.web.pages import via_browser


class Export(KindView):
    """`/complaints/export?format=csv`, and for the rest the query of the list: its rows, all pages of them."""

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.subject = subjects().get(kwargs["slug"])
        if self.subject is None or self.subject.kind is None:
            raise Http404
        self.kind = self.subject.kind

    def get(self, request, slug):
        asked = {each.name: each for each in formats_of(self.subject)}.get(request.GET.get("format"))
        if asked is None:
            raise BadRequest
        user, kind = request.user, self.kind
        seen = Listing(kind, user, request.GET, choice_of(user, kind.model))
        via, columns = via_browser(request), seen.columns
        pieces = pieces_of(self.subject, asked, seen.found, user, via, columns=columns)
        name = file_name(self.subject, asked)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(pieces, content_type=asked.content_type, headers=headers)
