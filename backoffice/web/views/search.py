"""One search for everything: a few results of each kind of record, and the way to the rest."""

from dataclasses import dataclass

from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString

from backoffice.db.search import LONGEST_SEARCH, Term, begin_of_word, terms_of, words_of
from backoffice.records.actors import Actor
from backoffice.records.models import PASSIVE, Entity
from backoffice.web.highlighting import cut_around, has_term, mark_terms
from backoffice.web.listing import ListOrder
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to

SHOWN = 5
AT_ONCE = 3
"""How many of each kind are shown while somebody types."""
LOOKED_AT = 40
"""Among how many the best are chosen."""
NUMBER, NAME, BEGINNING, PHRASE, WORDS, MENTION = range(6)
"""How well a record fits what was typed: by its number, its whole name, the beginning of its name, as a phrase in its
name, by words of its name, or by a mention in something else."""


@dataclass(frozen=True)
class SearchResult:
    """A record that was found, as its names and the text around what was found, marked."""

    record: Entity
    name: SafeString
    subtitle: SafeString
    where: str = ""
    excerpt: SafeString | str = ""


@dataclass(frozen=True)
class SearchResults:
    """What was found of one kind; `more` is the address of the whole list if there is more. `fit` is how well the best
    of them fits."""

    kind: RecordViewSet
    records: list[SearchResult]
    more: str
    fit: int


class SearchView(SignedInView):
    """`/search?q=`: every word must occur. The kind with the best fit comes first. While somebody types, a few of each.
    A number that only one record has opens that record, unless `all` asks for the other results, too."""

    def get(self, request):
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        at_once, results = bool(request.htmx), []
        has_words = bool(words_of(text))
        if has_words:
            shown = AT_ONCE if at_once else SHOWN
            found = [_search(kind, text, request.user, shown) for kind in viewsets_visible_to(request.user)]
            results = sorted((each for each in found if each.records), key=lambda each: each.fit)
        if not (at_once or request.GET.get("all")) and (only := _only_by_number(results)):
            return redirect(only)
        template = "web/search_found.html" if at_once else "web/search.html"
        return render(request, template, {"q": text, "results": results, "has_words": has_words})


def _only_by_number(results: list[SearchResults]) -> str:
    """The address of the record whose number was typed, if there is just one; else nothing."""
    numbered = [each for each in results if each.fit == NUMBER]
    if len(numbered) != 1:
        return ""
    (found,) = numbered
    return found.kind.url("record", found.records[0].record.pk)


def _search(kind: RecordViewSet, text: str, actor: Actor, shown: int) -> SearchResults:
    visible = kind.model.objects.visible_to(actor)
    number = text.removeprefix("#")
    found = []
    if number.isdecimal() and len(number) < 19 and hasattr(kind.model, "number"):
        found = list(visible.filter(number=int(number)))
    fit = NUMBER if len(found) == 1 else NAME if found else MENTION
    known = {record.pk for record in found}
    words = number if found else text
    rest = visible.search(words).order_by(*ListOrder(kind, "").columns)[:LOOKED_AT]
    terms = terms_of(words)
    fits = {record: _fit(kind, record, words, terms) for record in rest if record.pk not in known}
    found += sorted(fits, key=lambda record: (record.status == PASSIVE, fits[record]))
    kind.ready(found[:shown], actor)
    query = QueryDict(mutable=True)
    query["q"] = words
    more = f"{kind.url('list')}?{query.urlencode()}" if len(found) > shown else ""
    results = [_result(kind, record, terms) for record in found[:shown]]
    return SearchResults(kind, results, more, min([fit, *fits.values()]))


def _fit(kind: RecordViewSet, record: Entity, text: str, terms: list[Term]) -> int:
    """How well a record's name fits what was typed."""
    name, phrase = (" ".join(words_of(each)) for each in (kind.subject(record), text))
    if name == phrase:
        return NAME
    if begin_of_word(phrase).match(name):
        return BEGINNING
    if begin_of_word(phrase).search(name):
        return PHRASE
    return WORDS if all(has_term(name, term) for term in terms) else MENTION


def _result(kind: RecordViewSet, record: Entity, terms: list[Term]) -> SearchResult:
    name, subtitle = kind.subject(record), kind.subtitle(record)
    where, excerpt = _elsewhere(record, terms, f"{name} {subtitle}")
    return SearchResult(record, mark_terms(name, terms), mark_terms(subtitle, terms), where, excerpt)


def _elsewhere(record: Entity, terms: list[Term], told: str) -> tuple[str, SafeString | str]:
    """(property, the text around) of the first that was searched for and neither name nor subtitle have in them."""
    missing = [term for term in terms if not has_term(told, term)]
    for name in record.searched if missing else ():
        prop = record.properties[name]
        if prop.many or name == "number":
            continue
        text = " ".join(str(prop.read(record) or "").split())
        for term in missing:
            if has_term(text, term, is_telephone=name in record.telephones):
                return prop.label, mark_terms(cut_around(text, term), terms)
    return "", ""
