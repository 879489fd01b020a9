"""The first page: what somebody is to do next, and what changed while they were away."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.shortcuts import redirect, render

from backoffice.bulk.models import Job
from backoffice.lists.pagination import BoundedCount
from backoffice.lists.saved_views import last_visit, record_visit
from backoffice.records.actors import Actor
from backoffice.records.history import describe_action_on_page
from backoffice.records.models import Entity, History
from backoffice.web.listing import RecordListing, understands
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to

QUEUED = 6
"""How many records each part of the queue shows."""
LOOKED_AT = 300
"""How many changes are looked at, to tell what is new."""
TOLD = 20
"""How many changed records are told."""
AT_ONCE = 2 * TOLD
"""How many of them are read at once, newest first: most people may see nearly all."""
FEW = 6
"""How many changes of one record are told one by one."""


@dataclass(frozen=True)
class HomePart:
    """A part of the queue: the first of its records, how many there are, and the address of all."""

    label: str
    url: str
    count: BoundedCount
    records: list[Entity]
    empty: str


@dataclass(frozen=True)
class RecentChange:
    """One change, told in short: who did what, and which properties it was about."""

    head: str
    labels: list[str]


@dataclass(frozen=True)
class News:
    """What happened to one record, the newest first."""

    kind: RecordViewSet
    record: Entity
    at: datetime
    done: list[RecentChange]
    more: int


class HomeView(SignedInView):
    """What one opens in the morning."""

    def get(self, request):
        user, kinds = request.user, viewsets_visible_to(request.user)
        if not kinds:
            return render(request, "web/components/no_access.html")
        queues = [(kind, parts) for kind in kinds if (parts := queue(kind, user))]
        if not queues and not any(kind.on_rail for kind in kinds):
            return redirect(kinds[0].url("list"))
        since = last_visit(user)
        running = Job.objects.of(user).filter(state=Job.State.RUNNING)
        context = {
            "queues": queues,
            "since": since,
            "news": news(kinds, user, since),
            "running": list(running.order_by("started_at")),
            "changes_many": any(
                user.may(action, kind.model) for kind in kinds for action in ("change", "delete")
            ),
        }
        return render(request, "web/home.html", context)


class SeenView(SignedInView):
    """Notes that somebody is here. The page says so by itself where there is a script; by the button, that nothing is
    new to them any more."""

    http_method_names = ["post"]

    def post(self, request):
        record_visit(request.user, seen="seen" in request.POST)
        return redirect("web:home")


def queue(kind: RecordViewSet, actor: Actor) -> list[HomePart]:
    """The parts of somebody's queue that are about a kind of record."""
    found = []
    for shortcut in kind.queue:
        query = "&".join(
            f"{name}={value}" for name, value in {**shortcut.filters, "sort": shortcut.sort}.items()
        )
        listing = RecordListing.of_query(kind, actor, query)
        if understands(listing, shortcut):
            records = list(listing.found[:QUEUED])
            kind.ready(records, actor)
            count = listing.count() if len(records) == QUEUED else BoundedCount(len(records))
            found.append(
                HomePart(shortcut.label, f"{kind.url('list')}?{query}", count, records, shortcut.empty)
            )
    return found


def news(kinds: list[RecordViewSet], actor, since) -> list[News]:
    """What others changed since then, record by record; only what one may see."""
    by_type = {kind.model._meta.label_lower: kind for kind in kinds if kind.on_rail}
    rows = History.objects.filter(at__gt=since, record_type__in=list(by_type))
    if actor.company_id:
        rows = rows.filter(company_id=actor.company_id)
    rows = rows.filter(Q(user_id=None) | ~Q(user_id=actor.user_id)).order_by("-at", "-pk")[:LOOKED_AT]
    by_record: dict[tuple[str, str], list[History]] = {}
    for row in rows:
        by_record.setdefault((row.record_type, row.record_id), []).append(row)
    found, changed = [], list(by_record)
    for start in range(0, len(changed), AT_ONCE):
        some = changed[start : start + AT_ONCE]
        records = {
            (record_type, record.pk): record
            for record_type, kind in by_type.items()
            if (ids := [pk for of_type, pk in some if of_type == record_type])
            for record in kind.model.objects.visible_to(actor).filter(pk__in=ids).order_by()
        }
        for key in some:
            record, rows = records.get(key), by_record[key]
            done = [did for row in rows if (did := _did(row, record, actor))] if record else []
            if done:
                more = max(len(done) - FEW, 0)
                found.append(News(by_type[key[0]], record, rows[0].at, done[:FEW], more))
                if len(found) == TOLD:
                    return found
    return found


def _did(row: History, record: Entity, actor: Actor) -> RecentChange | None:
    """A change without what the actor may not see; None if nothing is left of it."""
    names = dict.fromkeys(entry["property"].split(".")[0] for entry in row.changes)
    seen = [name for name in names if name in record.properties and actor.may("view", record, name)]
    if names and not seen:
        return None
    labels = [record.properties[name].label for name in seen] if row.action == History.Action.CHANGE else []
    return RecentChange(describe_action_on_page(type(record).visible_author(row, actor), row.action), labels)
