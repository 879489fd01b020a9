"""Folding of text: to lower case, without accents and special letters."""

import re
import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛ʼʹ´′＇", "'"))
_SPELLINGS = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa"})
"""Substitutes for letters that a keyboard does not have."""


class _FoldingTable(dict[int, int | str | None]):
    """A table for `str.translate`: removes combining marks, and the stroke, hook or tail of letters that
    Unicode does not decompose. Filled on demand."""

    def __missing__(self, code: int) -> int | str | None:
        letter = chr(code)
        plain = re.match(r"LATIN SMALL LETTER ([A-Z]) WITH", unicodedata.name(letter, ""))
        self[code] = None if unicodedata.combining(letter) else plain[1].lower() if plain else code
        return self[code]


_FOLDED = _FoldingTable(
    {
        ord(letter): plain
        for letter, plain in zip("æœþðıŋĸ", ("ae", "oe", "th", "d", "i", "n", "k"), strict=True)
    }
)


def fold(text: str) -> str:
    """Return text as search compares it: without case and accents, on all databases alike."""
    if text.isascii():
        return text.lower()
    text = text.translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()  # “™” decomposes to “TM”
    return decomposed.translate(_FOLDED)


def respell(text: str) -> str:
    """Return text with `ae`, `oe`, `ue` and `aa` for the letters that they replace."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.casefold()).translate(_SPELLINGS)
