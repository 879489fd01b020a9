"""Highlighting of search terms."""

import re

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.db.phone_numbers import MIN_DIGITS, find_numbers
from backoffice.db.search import Term, find_number_words, fold, make_search_text, respell, word_start_pattern

AROUND = 40
"""The number of characters on either side of a match in an excerpt."""
_APOSTROPHE = re.compile(r"(?<=[^\W_])['`](?=[^\W_])")


def has_term(text: str, term: Term, is_telephone: bool = False) -> bool:
    """Return whether a text contains a term, by the rules of the search index."""
    words = make_search_text(" ".join([text, *(find_number_words(text) if is_telephone else ())]))
    return any(all(f" {word}" in words for word in alternative) for alternative in term.alternatives)


def find_places(text: str, terms: list[Term]) -> list[tuple[int, int]]:
    """Return the sorted (start, end) of the search terms in a text. Terms match at the beginnings of
    words."""
    found = set()
    words = {word for term in terms for alternative in term.alternatives for word in alternative}
    numbers = {word for word in words if word.isdecimal() and len(word) >= MIN_DIGITS}
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
    for folded, origin in _spellings(text):
        for word in wanted:
            for match in word_start_pattern(word).finditer(folded):
                found.add((origin[match.start()], origin[match.end() - 1] + 1))
    return sorted(found)


def _spellings(text: str):
    """Yield the spellings of a text as (folded text, index in the original text of each of its letters).
    Folding may change the length of the text."""
    spellings = [fold] if text.isascii() else [fold, lambda letter: fold(respell(letter))]
    for spell in spellings:
        folded, origin = "", []
        for index, letter in enumerate(text):
            letters = spell(letter)
            folded += letters
            origin += [index] * len(letters)
        yield folded, origin
        if apostrophes := [match.start() for match in _APOSTROPHE.finditer(folded)]:
            kept = [index for index in range(len(folded)) if index not in apostrophes]
            yield "".join(folded[index] for index in kept), [origin[index] for index in kept]


def mark_terms(text: str, terms: list[Term]) -> SafeString:
    """Return the text as HTML with the search terms in `<mark>`."""
    pieces, last = [], 0
    for start, end in find_places(text, terms):
        if start >= last:
            pieces.append((text[last:start], text[start:end]))
            last = end
    shown = format_html_join("", "{}<mark>{}</mark>", pieces)
    return format_html("{}{}", shown, conditional_escape(text[last:]))


def cut_around(text: str, term: Term) -> str:
    """Return an excerpt of the text around the first match of a term."""
    start, end = next(iter(find_places(text, [term])), (0, 0))
    before, after = max(start - AROUND, 0), min(end + AROUND, len(text))
    piece = text[before:after]
    if before:
        piece = "…" + re.sub(r"^\S*\s", "", piece, count=1)
    return piece + ("…" if after < len(text) else "")
