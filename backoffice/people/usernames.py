"""Username comparison: two usernames are the same regardless of case, width, accents, and the alphabet of
each letter. Sign-in, throttle and model use the same functions.

Unicode's table of confusables (UTS 39), from the package `confusable_homoglyphs`, decides which letters look
alike. A letter that looks like ASCII letters counts as these; ASCII's own (`l`, `1`, `0`, `o`, `rn`, `m`)
stay distinct, because names such as `al1` and `all` exist. A unique column stores the keys, so other rules,
or another version of the table, need a migration.
"""

import hashlib
import unicodedata
from functools import cache

MAX_KEY_LENGTH = 200
_INVISIBLE = dict.fromkeys([0x115F, 0x1160, 0x3164, 0xFFA0])
"""Letters without a glyph."""


def normalize_username(name: str) -> str:
    """Return a username as it is stored: in Unicode's compatibility form (NFKC), without invisible
    letters."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name).translate(_INVISIBLE)


def username_key(name: str) -> str:
    """Return the key that this username shares with all that count as the same."""
    folded = _fold(name)
    if not folded.isascii():
        folded = _fold("".join(map(_prototype, folded)))
    return _shorten(folded)


def lookalike_keys(name: str) -> set[str]:
    """Return the keys of usernames that look like this one: its own, and the key of how its capital letters
    look. (A Cyrillic `\u041a` looks like a Latin `K`; the small letters differ.)"""
    name = normalize_username(name)
    keys = {username_key(name)}
    if not name.isascii():
        keys.add(_shorten(_fold("".join(map(_prototype, name)))))
    return keys


def email_key(address: str) -> str | None:
    """Return the lookup key of an e-mail address, regardless of case; None for no address."""
    return _shorten(unicodedata.normalize("NFKC", address).strip().casefold()) or None


def _fold(text: str) -> str:
    """Return text without case, width, accents and invisible letters."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    parts = unicodedata.normalize("NFKD", text).casefold().translate(_INVISIBLE)
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def _prototype(letter: str) -> str:
    """Return the text that a letter looks like, in ASCII if possible."""
    if letter.isascii():
        return letter
    from confusable_homoglyphs.confusables import confusables_data  # a large table that few names need

    lookalikes = [entry["c"] for entry in confusables_data.get(letter, ())]
    for text in lookalikes:
        if _fold(text).isascii():
            return text
    if len(lookalikes) != 1:
        return letter  # the prototype of other letters
    is_mutual = len(confusables_data.get(lookalikes[0], ())) == 1
    return min(letter, lookalikes[0]) if is_mutual else lookalikes[0]


def _shorten(key: str) -> str:
    if len(key) <= MAX_KEY_LENGTH:
        return key
    return key[: MAX_KEY_LENGTH - 64] + hashlib.sha256(key.encode()).hexdigest()
