"""Folding of text: without case, accents and the letters that not every keyboard has."""

import re
import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘‛ʼʹ´′＇", "'"))
_SPELLINGS = str.maketrans({"ä": "ae", "æ": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa"})
"""How letters are written by who does not have them."""


class _Folded(dict):
    """For `str.translate`: what combines with a letter goes, and so does the stroke, hook or tail of a letter that
    Unicode does not take apart. Each character is looked up once."""

    def __missing__(self, code: int) -> int | str | None:
        letter = chr(code)
        plain = re.match(r"LATIN SMALL LETTER ([A-Z]) WITH", unicodedata.name(letter, ""))
        self[code] = None if unicodedata.combining(letter) else plain[1].lower() if plain else code
        return self[code]


_FOLDED = _Folded(
    {
        ord(letter): plain
        for letter, plain in zip("æœþðıŋĸ", ("ae", "oe", "th", "d", "i", "n", "k"), strict=True)
    }
)


def fold(text: str) -> str:
    """Text as searching compares it: without case and without accents, on every database alike."""
    if text.isascii():
        return text.lower()
    text = text.translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()  # “™” comes apart as “TM”
    return decomposed.translate(_FOLDED)


def respell(text: str) -> str:
    """Text with `ae`, `oe`, `ue` and `aa` for the letters that are written so where they are missing."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.casefold()).translate(_SPELLINGS)
