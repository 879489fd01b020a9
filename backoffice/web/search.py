"""One search for everything: a few results of each kind of record, and the way to the rest."""

import re
from dataclasses import dataclass

from django.http import QueryDict
from django.shortcuts import render
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.records.actors import Actor
from backoffice.records.models import PASSIVE, Entity
from backoffice.records.searching import LONGEST_SEARCH, begin_of_word, fold, words_of
from backoffice.web.access import SignedIn
from backoffice.web.kinds import Kind, kinds_for
from backoffice.web.lists import Order

SHOWN = 5
AT_ONCE = 3
"""How many of each kind are shown while somebody types."""
LOOKED_AT = 40
"""Among how many the best are chosen."""
AROUND = 40
"""Letters on either side of what was found in a longer text."""


@dataclass(frozen=True)
class Result:
    """A record that was found, as its names and the text around what was found, marked."""

    record: Entity
    name: SafeString
    subtitle: SafeString
    where: str = ""
    excerpt: SafeString | str = ""


@dataclass(frozen=True)
class Results:
    """What was found of one kind; `more` is the address of the whole list if there is more."""

    kind: Kind
    records: list[Result]
    more: str = ""


class Search(SignedIn):
    """`/search?q=`: every word must occur; whoever types a number finds the record with that number first. While
    somebody types, a few of each."""

    def get(self, request):
        text = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
        at_once = bool(request.htmx)
        results = []
        if text:
            for kind in kinds_for(request.user):
                found = _search(kind, text, request.user, AT_ONCE if at_once else SHOWN)
                if found.records:
                    results.append(found)
        template = "web/search_found.html" if at_once else "web/search.html"
        return render(request, template, {"q": text, "results": results})


def _search(kind: Kind, text: str, actor: Actor, shown: int) -> Results:
    visible = kind.model.objects.visible_to(actor)
    number = text.removeprefix("#")
    found = []
    if number.isdecimal() and len(number) < 19 and hasattr(kind.model, "number"):
        found = list(visible.filter(number=int(number)))
    known = {record.pk for record in found}
    words = number if found else text
    rest = visible.search(words).order_by(*Order(kind, "").columns)[:LOOKED_AT]
    folded = words_of(words)
    found += sorted(
        (record for record in rest if record.pk not in known), key=lambda record: _rank(kind, record, folded)
    )
    kind.ready(found[:shown], actor)
    query = QueryDict(mutable=True)
    query["q"] = words
    more = f"{kind.url('list')}?{query.urlencode()}" if len(found) > shown else ""
    return Results(kind, [_result(kind, record, folded) for record in found[:shown]], more)


def _rank(kind: Kind, record: Entity, words: list[str]) -> tuple[bool, bool]:
    """What is called so comes before what only has it in it, what is in use before what is put away."""
    name = fold(kind.subject(record))
    return record.status == PASSIVE, not all(begin_of_word(word).search(name) for word in words)


def _result(kind: Kind, record: Entity, words: list[str]) -> Result:
    name, subtitle = kind.subject(record), kind.subtitle(record)
    where, excerpt = _elsewhere(record, words, fold(f"{name} {subtitle}"))
    return Result(record, marked(name, words), marked(subtitle, words), where, excerpt)


def _elsewhere(record: Entity, words: list[str], told: str) -> tuple[str, SafeString | str]:
    """(property, the text around) of the first word that neither name nor subtitle have in them."""
    missing = [word for word in words if not begin_of_word(word).search(told)]
    for name in record.searched if missing else ():
        prop = record.properties[name]
        if prop.many or name == "number":
            continue
        text = " ".join(str(prop.read(record) or "").split())
        for word in missing:
            if begin_of_word(word).search(fold(text)):
                return prop.label, marked(_around(text, word), words)
    return "", ""


def _around(text: str, word: str) -> str:
    """A piece of a text with a word in it."""
    place = next(iter(_places(text, [word])), (0, 0))[0]
    start, end = max(place - AROUND, 0), min(place + len(word) + AROUND, len(text))
    piece = text[start:end]
    if start:
        piece = "…" + re.sub(r"^\S*\s", "", piece, count=1)
    return piece + ("…" if end < len(text) else "")


def _places(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where words of a text begin so, accents and case aside: folding changes how long a text is."""
    folded, origin = "", []
    for place, letter in enumerate(text):
        one = fold(letter)
        folded += one
        origin += [place] * len(one)
    found = [
        (origin[match.start()], origin[match.end() - 1] + 1)
        for word in words
        for match in begin_of_word(word).finditer(folded)
    ]
    return sorted(found)


def marked(text: str, words: list[str]) -> SafeString:
    """A text with what was searched for marked in it."""
    pieces, last = [], 0
    for start, end in _places(text, words):
        if start >= last:
            pieces.append((text[last:start], text[start:end]))
            last = end
    shown = format_html_join("", "{}<mark>{}</mark>", pieces)
    return format_html("{}{}", shown, conditional_escape(text[last:]))
