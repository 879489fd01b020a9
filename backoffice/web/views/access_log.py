"""Page of the secret access log: who was shown which secrets, and when."""

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import render

from backoffice.db.search import MAX_SEARCH_LENGTH
from backoffice.lists.pagination import BoundedPaginator
from backoffice.records.actors import Channel, display_author
from backoffice.records.history import entries_visible_to
from backoffice.records.models import SecretReading
from backoffice.web.listing import ListAddress, elide_pages
from backoffice.web.mixins import SignedInView
from backoffice.web.views.lists import PAGE_SIZE
from backoffice.web.viewsets import viewset_for


def describe_reading(row: SecretReading) -> dict:
    """Return one reading as text. `url` is the record page if the model has one; it answers 404 once the record
    is deleted."""
    model = apps.get_model(row.record_type)
    labels = (model.properties[name].label for name in row.properties if name in model.properties)
    viewset = viewset_for(model)
    return {
        "row": row,
        "who": display_author(row.who),
        "model_name": model._meta.verbose_name,
        "property_labels": ", ".join(labels),
        "via": Channel(row.via).label,
        "url": viewset.url("record", row.record_id) if viewset else "",
    }


class AccessLogView(SignedInView):
    """`/secrets-read?q=`: the log, newest first, for users who may view it. Each word of `q` must occur in
    the reader's or the record's name."""

    def get(self, request):
        if not request.user.has_perm("records.view_secretreading"):
            raise PermissionDenied
        text = request.GET.get("q", "").replace("\x00", "").strip()
        readings = entries_visible_to(request.user, SecretReading.objects.all()).order_by("-at", "-pk")
        if len(text) > MAX_SEARCH_LENGTH:
            readings = readings.none()
        for word in text[:MAX_SEARCH_LENGTH].split():
            readings = readings.filter(Q(who__has=word) | Q(record_name__has=word))
        page = BoundedPaginator(readings, PAGE_SIZE).get_page(request.GET.get("page"))
        context = {
            "q": text,
            "page": page,
            "pages": elide_pages(page, ListAddress(request.path, request.GET, ["q"])),
            "readings": [describe_reading(row) for row in page.object_list],
        }
        return render(request, "web/records/access_log.html", context)
