"""What was searched for, marked in what is shown."""

import re

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.db.phone_numbers import LEAST, find_numbers
from backoffice.db.search import Term, begin_of_word, fold, numbers_of, respell, search_text_of

AROUND = 40
"""Letters on either side of what was found in a longer text."""
_APOSTROPHE = re.compile(r"(?<=[^\W_])['`](?=[^\W_])")


def has_term(text: str, term: Term, is_telephone: bool = False) -> bool:
    """Whether a text has what is searched for, as an index of its words would say."""
    words = search_text_of(" ".join([text, *(numbers_of(text) if is_telephone else ())]))
    return any(all(f" {word}" in words for word in each) for each in term.alternatives)


def find_places(text: str, terms: list[Term]) -> list[tuple[int, int]]:
    """Find where a text has what is searched for: where the beginnings of its words are, in order."""
    found = set()
    words = {word for term in terms for each in term.alternatives for word in each}
    numbers = {word for word in words if word.isdecimal() and len(word) >= LEAST}
    for start, end, forms in find_numbers(text) if numbers else ():
        if any(form.startswith(number) for form in forms for number in numbers):
            found.add((start, end))
    wanted = {
        word
        for term in terms
        for words in term.alternatives
        if not term.is_number or (not found and has_term(text, Term((words,))))
        for word in words
    }
    for folded, origin in _readings(text):
        for word in wanted:
            for match in begin_of_word(word).finditer(folded):
                found.add((origin[match.start()], origin[match.end() - 1] + 1))
    return sorted(found)


def _readings(text: str):
    """A text as it may be read, folded, with the place in the text that each letter is of: folding changes its length."""
    ways = [fold] if text.isascii() else [fold, lambda letter: fold(respell(letter))]
    for way in ways:
        folded, origin = "", []
        for place, letter in enumerate(text):
            one = way(letter)
            folded += one
            origin += [place] * len(one)
        yield folded, origin
        if without := [match.start() for match in _APOSTROPHE.finditer(folded)]:
            kept = [place for place in range(len(folded)) if place not in without]
            yield "".join(folded[place] for place in kept), [origin[place] for place in kept]


def mark_terms(text: str, terms: list[Term]) -> SafeString:
    """Mark what was searched for in a text."""
    pieces, last = [], 0
    for start, end in find_places(text, terms):
        if start >= last:
            pieces.append((text[last:start], text[start:end]))
            last = end
    shown = format_html_join("", "{}<mark>{}</mark>", pieces)
    return format_html("{}{}", shown, conditional_escape(text[last:]))


def cut_around(text: str, term: Term) -> str:
    """Cut a piece out of a text with what was searched for in it."""
    start, end = next(iter(find_places(text, [term])), (0, 0))
    before, after = max(start - AROUND, 0), min(end + AROUND, len(text))
    piece = text[before:after]
    if before:
        piece = "…" + re.sub(r"^\S*\s", "", piece, count=1)
    return piece + ("…" if after < len(text) else "")
