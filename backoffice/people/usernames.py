"""When two usernames are the same: whatever the case and the width of letters, their accents, and the alphabet that a letter
is from. Sign-in, the throttle and the model ask the same functions.

Which letters look alike is said by Unicode's table of confusables (UTS 39), as the package `confusable_homoglyphs` has it. A
letter that looks like letters of ASCII counts as these; ASCII's own (`l`, `1`, `0`, `o`, `rn`, `m`) stay apart, for people have
names such as `al1` and `all`. Names are kept in a unique column by these keys: other rules, or another version of the
table, need a migration.
"""

import hashlib
import unicodedata
from functools import cache

MAX_KEY_LENGTH = 200
_INVISIBLE = dict.fromkeys([0x115F, 0x1160, 0x3164, 0xFFA0])
"""Letters that nothing is drawn for."""


def normalize_username(name: str) -> str:
    """Return a username as it is kept: in Unicode's compatibility form (NFKC), without letters that are not drawn."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name).translate(_INVISIBLE)


def username_key(name: str) -> str:
    """Return what all usernames have in common that count as this one."""
    folded = _fold(name)
    if not folded.isascii():
        folded = _fold("".join(map(_prototype, folded)))
    return _shorten(folded)


def lookalike_keys(name: str) -> set[str]:
    """Return the keys of the usernames that look like this one: its own, and that of its capital letters as they look. (A
    Cyrillic `\u041a` looks like a Latin `K`; the small letters differ.)"""
    name = normalize_username(name)
    keys = {username_key(name)}
    if not name.isascii():
        keys.add(_shorten(_fold("".join(map(_prototype, name)))))
    return keys


def email_key(address: str) -> str | None:
    """Return what an e-mail address is found by, in any case; None for no address."""
    return _shorten(unicodedata.normalize("NFKC", address).strip().casefold()) or None


def _fold(text: str) -> str:
    """Return text without case, width, accents and letters that are not drawn."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    parts = unicodedata.normalize("NFKD", text).casefold().translate(_INVISIBLE)
    return "".join(part for part in parts if not unicodedata.combining(part))


@cache
def _prototype(letter: str) -> str:
    """Return the text that a letter looks like, of ASCII if possible."""
    if letter.isascii():
        return letter
    from confusable_homoglyphs.confusables import confusables_data  # a large table, that few names need

    alike = [found["c"] for found in confusables_data.get(letter, ())]
    for text in alike:
        if _fold(text).isascii():
            return text
    if len(alike) != 1:
        return letter  # the one that others look like
    mutual = len(confusables_data.get(alike[0], ())) == 1
    return min(letter, alike[0]) if mutual else alike[0]


def _shorten(key: str) -> str:
    if len(key) <= MAX_KEY_LENGTH:
        return key
    return key[: MAX_KEY_LENGTH - 64] + hashlib.sha256(key.encode()).hexdigest()
