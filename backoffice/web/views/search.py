"""Global search: the best results of each record model, with links to the full lists."""

from dataclasses import dataclass

from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from backoffice.db.search import MAX_SEARCH_LENGTH, Term, parse_terms, split_words, word_start_pattern
from backoffice.records.actors import Actor
from backoffice.records.models import ARCHIVED, Entity
from backoffice.web.highlighting import cut_around, has_term, mark_terms
from backoffice.web.listing import ListOrder
from backoffice.web.mixins import SignedInView
from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to

SHOWN = 5
"""How many results of each model the page shows."""
SHOWN_WHILE_TYPING = 3
"""How many results of each model are shown while the user types."""
RANKED = 40
"""How many matches of each model are ranked."""
NUMBER, NAME, BEGINNING, PHRASE, WORDS, MENTION = range(6)
"""Ranks of a match, best first: the record's number, its whole name, the beginning of its name, a phrase in
its name, all words in its name, or a mention in another property."""


@dataclass(frozen=True)
class SearchResults:
    """The results of one model. `more` is the URL of the full list if there are more; `fit` is the best
    rank."""

    viewset: RecordViewSet
    records: list[dict]
    more: str
    fit: int


class SearchView(SignedInView):
    """`/search?q=`: every word must occur. The model with the best rank comes first. htmx requests, sent
    while the user types, get fewer results. A number of exactly one record redirects to it, unless the
    parameter `all` is set."""

    def get(self, request):
        text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_SEARCH_LENGTH]
        is_typing, results = bool(request.htmx), []
        has_words = bool(split_words(text))
        if has_words:
            shown = SHOWN_WHILE_TYPING if is_typing else SHOWN
            all_results = [
                _search(viewset, text, request.user, shown) for viewset in viewsets_visible_to(request.user)
            ]
            results = sorted((each for each in all_results if each.records), key=lambda each: each.fit)
        if not (is_typing or request.GET.get("all")) and (url := _url_of_numbered(results)):
            return redirect(url)
        template = "web/search_found.html" if is_typing else "web/search.html"
        return render(request, template, {"q": text, "results": results, "has_words": has_words})


def _url_of_numbered(results: list[SearchResults]) -> str:
    """Return the URL of the record whose number was searched for, if it is the only one; else an empty
    string."""
    numbered = [each for each in results if each.fit == NUMBER]
    if len(numbered) != 1:
        return ""
    return numbered[0].viewset.url("record", numbered[0].records[0]["record"].pk)


def _search(viewset: RecordViewSet, text: str, actor: Actor, shown: int) -> SearchResults:
    visible = viewset.model.objects.visible_to(actor)
    number = text.removeprefix("#")
    found = []
    if number.isdecimal() and len(number) < 19 and hasattr(viewset.model, "number"):
        found = list(visible.filter(number=int(number)))
    fit = NUMBER if len(found) == 1 else NAME if found else MENTION
    found_ids = {record.pk for record in found}
    words = number if found else text
    rest = visible.search(words).order_by(*ListOrder(viewset, actor).columns)[:RANKED]
    terms = parse_terms(words)
    fits = {record: _fit(viewset, record, words, terms) for record in rest if record.pk not in found_ids}
    found += sorted(fits, key=lambda record: (record.status == ARCHIVED, fits[record]))
    viewset.prefetch_columns(found[:shown], actor)
    more = f"{viewset.url('list')}?{urlencode({'q': words})}" if len(found) > shown else ""
    results = [_result(viewset, record, terms) for record in found[:shown]]
    return SearchResults(viewset, results, more, min([fit, *fits.values()]))


def _fit(viewset: RecordViewSet, record: Entity, text: str, terms: list[Term]) -> int:
    """Return the rank of a record's name for a search text."""
    name, phrase = (" ".join(split_words(each)) for each in (viewset.subject(record), text))
    if name == phrase:
        return NAME
    if word_start_pattern(phrase).match(name):
        return BEGINNING
    if word_start_pattern(phrase).search(name):
        return PHRASE
    return WORDS if all(has_term(name, term) for term in terms) else MENTION


def _result(viewset: RecordViewSet, record: Entity, terms: list[Term]) -> dict:
    """Return a matching record, with its name, subtitle and an excerpt in which the search terms are marked."""
    name, subtitle = viewset.subject(record), viewset.subtitle(record)
    label, excerpt = _find_excerpt(record, terms, f"{name} {subtitle}")
    marked = {"name": mark_terms(name, terms), "subtitle": mark_terms(subtitle, terms)}
    return {"record": record, "excerpt_label": label, "excerpt": excerpt} | marked


def _find_excerpt(record: Entity, terms: list[Term], shown: str) -> tuple[str, SafeString | str]:
    """Return (property label, excerpt) for the first term that the shown name and subtitle do not contain."""
    missing = [term for term in terms if not has_term(shown, term)]
    for name in record.searched_properties if missing else ():
        prop = record.properties[name]
        if prop.many or name == "number":
            continue
        text = " ".join(str(prop.read(record) or "").split())
        for term in missing:
            if has_term(text, term, is_telephone=name in record.telephone_properties):
                return prop.label, mark_terms(cut_around(text, term), terms)
    return "", ""
