"""The file that a list is exported to."""

from django.core.exceptions import BadRequest
from django.http import Http404, StreamingHttpResponse

from backoffice.exchange.exports import file_name, formats_of, pieces_of
from backoffice.exchange.subjects import subjects
from backoffice.web.access import KindView
from backoffice.web.lists import Order
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
        filters = kind.filterset_class(request.GET, kind.model.objects.visible_to(user), actor=user)
        found = filters.qs.order_by(*Order(kind, request.GET.get("sort", "")).columns)
        pieces = pieces_of(self.subject, asked, found, user, via_browser(request))
        name = file_name(self.subject, asked)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(pieces, content_type=asked.content_type, headers=headers)
