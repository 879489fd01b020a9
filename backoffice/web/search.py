"""One search for everything: a few results of each kind of record, and the way to the rest."""

from dataclasses import dataclass

from django.http import QueryDict
from django.shortcuts import render

from backoffice.lists.filters import LONGEST_SEARCH
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.web.access import SignedIn
from backoffice.web.kinds import Kind, kinds_for
from backoffice.web.lists import Order

SHOWN = 5


@dataclass(frozen=True)
class Results:
    """What was found of one kind; `more` is the address of the whole list if there is more."""

    kind: Kind
    records: list[tuple[Entity, str, str]]
    """Each with its name and what tells it from its like."""
    more: str = ""


class Search(SignedIn):
    """`/search?q=`: every word must occur; whoever types a number finds the record with that number first."""

    def get(self, request):
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        results = []
        if text:
            for kind in kinds_for(request.user):
                found = _search(kind, text, request.user)
                if found.records:
                    results.append(found)
        return render(request, "web/search.html", {"q": text, "results": results})


def _search(kind: Kind, text: str, actor: Actor) -> Results:
    visible = kind.fetching(kind.model.objects.visible_to(actor), actor)
    number = text.removeprefix("#")
    found = []
    if number.isdecimal() and hasattr(kind.model, "number"):
        found = list(visible.filter(number=int(number)))
    known = {record.pk for record in found}
    words = number if found else text
    sort = Order(kind, "").columns
    rest = visible.search(words).order_by(*sort)[: SHOWN + 1]
    found += [record for record in rest if record.pk not in known]
    query = QueryDict(mutable=True)
    query["q"] = words
    more = f"{kind.url('list')}?{query.urlencode()}" if len(found) > SHOWN else ""
    shown = [(record, kind.subject(record), kind.subtitle(record)) for record in found[:SHOWN]]
    return Results(kind, shown, more)
