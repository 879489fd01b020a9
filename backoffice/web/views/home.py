"""Home page: the user's queue, and recent changes by others."""

from django.db.models import Q
from django.shortcuts import redirect, render

from backoffice.bulk.models import Job
from backoffice.lists.pagination import BoundedCount
from backoffice.lists.saved_views import last_visit, record_visit
from backoffice.records.actors import Actor
from backoffice.records.history import describe_action_on_page
from backoffice.records.models import Entity, History
from backoffice.web.listing import RecordListing
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to

QUEUED = 6
"""How many records each part of the queue shows."""
SCANNED = 300
"""The most changes that are scanned for news."""
SHOWN = 20
"""The most changed records that are shown."""
BATCH_SIZE = 2 * SHOWN
"""How many records are fetched at once, newest first. Most users may see nearly all, so one batch usually
suffices."""
CHANGES_SHOWN = 6
"""The most changes that are shown of one record."""


class HomeView(SignedInView):
    """The home page."""

    def get(self, request):
        user, viewsets = request.user, viewsets_visible_to(request.user)
        if not viewsets:
            return render(request, "web/components/no_access.html")
        queues = [
            (viewset, parts, viewset.may_be_taken_by(user))
            for viewset in viewsets
            if (parts := build_queue(viewset, user))
        ]
        if not queues and not any(viewset.on_rail for viewset in viewsets):
            return redirect(viewsets[0].url("list"))
        since = last_visit(user)
        running = Job.objects.owned_by(user).filter(state=Job.State.RUNNING)
        context = {
            "queues": queues,
            "since": since,
            "news": find_news(viewsets, user, since),
            "running": list(running.order_by("started_at")),
            "changes_many": any(
                user.may(action, viewset.model) for viewset in viewsets for action in ("change", "delete")
            ),
        }
        return render(request, "web/home.html", context)


class SeenView(SignedInView):
    """Records the user's visit. A script on the home page sends it; the button also marks all news as
    seen."""

    http_method_names = ["post"]

    def post(self, request):
        record_visit(request.user, seen="seen" in request.POST)
        return redirect("web:home")


def build_queue(viewset: RecordViewSet, actor: Actor) -> list[dict]:
    """Return the parts of the actor's queue for a record model: the first records of each, their number, and the
    URL of the full list."""
    parts = []
    for shortcut in viewset.queue:
        query = "&".join(
            f"{name}={value}" for name, value in {**shortcut.filters, "sort": shortcut.sort}.items()
        )
        listing = RecordListing.from_query(viewset, actor, query)
        if listing.filters.supports(shortcut.filters):
            records = list(listing.queryset[:QUEUED])
            viewset.prefetch_columns(records, actor)
            count = listing.count() if len(records) == QUEUED else BoundedCount(len(records))
            url = f"{viewset.url('list')}?{query}"
            parts.append({"shortcut": shortcut, "url": url, "count": count, "records": records})
    return parts


def find_news(viewsets: list[RecordViewSet], actor, since) -> list[dict]:
    """Return what others changed since an instant, by record, as far as the actor may see it. `more` is the number
    of changes that are not shown."""
    by_type = {viewset.model._meta.label_lower: viewset for viewset in viewsets if viewset.on_rail}
    rows = History.objects.filter(at__gt=since, record_type__in=list(by_type))
    if actor.company_id:
        rows = rows.filter(company_id=actor.company_id)
    rows = rows.filter(Q(user_id=None) | ~Q(user_id=actor.user_id)).order_by("-at", "-pk")[:SCANNED]
    by_record: dict[tuple[str, str], list[History]] = {}
    for row in rows:
        by_record.setdefault((row.record_type, row.record_id), []).append(row)
    news, changed = [], list(by_record)
    for start in range(0, len(changed), BATCH_SIZE):
        batch = changed[start : start + BATCH_SIZE]
        records = {
            (record_type, record.pk): record
            for record_type, viewset in by_type.items()
            if (ids := [pk for of_type, pk in batch if of_type == record_type])
            for record in viewset.model.objects.visible_to(actor).filter(pk__in=ids).order_by()
        }
        for key in batch:
            record, rows = records.get(key), by_record[key]
            changes = [change for row in rows if record and (change := _summarize(row, record, actor))]
            if changes:
                more = max(len(changes) - CHANGES_SHOWN, 0)
                values = {"at": rows[0].at, "changes": changes[:CHANGES_SHOWN], "more": more}
                news.append({"viewset": by_type[key[0]], "record": record} | values)
                if len(news) == SHOWN:
                    return news
    return news


def _summarize(row: History, record: Entity, actor: Actor) -> tuple[str, list[str]] | None:
    """Return who did what in a change, and the labels of the changed properties that the actor may see; None if
    that is nothing."""
    names = dict.fromkeys(
        entry["property"].split(".")[0] for entry in type(record).described_changes(row, actor)
    )
    visible = [name for name in names if name in record.properties and actor.may("view", record, name)]
    if row.changes and not visible:
        return None
    labels = (
        [record.properties[name].label for name in visible] if row.action == History.Action.CHANGE else []
    )
    return describe_action_on_page(type(record).visible_author(row, actor), row.action), labels
