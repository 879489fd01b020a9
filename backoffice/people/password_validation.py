"""Validation of passwords against public knowledge about the user."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MIN_REST = 6
"""The fewest letters that a password has besides the names in it."""
MIN_WORD = 3
"""Shorter names occur in too many words."""
PRODUCT = "caretaker"
PASSWORD_RULES = gettext_lazy(
    "Use at least 10 characters, and not only digits. Do not use a common password, your name, "
    "username, e-mail address or company. Three or four unrelated words are easy to remember."
)
"""The rules of all validators together, shown once on the page."""
PASSWORD_RULES_FOR_OTHERS = gettext_lazy(
    "Use at least 10 characters, and not only digits. Do not use a common password, or the user's name, "
    "username, e-mail address or company. Three or four unrelated words are easy to remember."
)
"""The same, for administrators who set another user's password."""
_LEET = str.maketrans("0134578@$!+", "oieastbasit")


class PersonalPasswordValidator:
    """Refuses passwords that consist of the user's name, username, address or company, repeated, reversed or
    with digits for letters, with little else but a year: `svensvensven`, `Nordlys2026!`."""

    def validate(self, password, user=None):
        words = find_personal_words(user)
        folded = _fold(password)
        for text in (folded, folded.translate(_LEET)):
            if _count_rest(text, words) < MIN_REST and any(word in text for word in words):
                raise ValidationError(
                    _("This password is too similar to a name that others know. Add unrelated words."),
                    code="password_personal",
                )
        if is_repetition(folded):
            raise ValidationError(
                _("This password repeats the same few characters. Use several words."),
                code="password_repeated",
            )

    def get_help_text(self):
        return str(PASSWORD_RULES)


def find_personal_words(user) -> list[str]:
    """Return the words that a user is known by, and their reversals, the longest first."""
    names = [PRODUCT]
    if user is not None:
        names += [user.username, user.first_name, user.last_name, user.get_full_name(), user.email]
        names += [str(record) for record in (user.company, user.customer) if record is not None]
    words = set()
    for text in map(_fold, names):
        parts = re.findall(r"[^\W_]+", text)
        words |= {*parts, "".join(parts)}
    words = {word for word in words if len(word) >= MIN_WORD and not word.isdigit()}
    return sorted(words | {word[::-1] for word in words}, key=lambda word: (-len(word), word))


def is_repetition(text: str) -> bool:
    """Return whether a text repeats the same few characters three times or more."""
    return bool(re.fullmatch(r"(.{1,12}?)\1{2,}.{0,3}", text, re.DOTALL))


def _count_rest(text: str, words: list[str]) -> int:
    """Return the number of letters in a text without the words."""
    for word in words:
        text = text.replace(word, " ")
    return sum(letter.isalpha() for letter in text)


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
