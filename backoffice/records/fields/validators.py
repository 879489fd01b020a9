"""Validators of texts, URIs and JSON values: what all databases store alike."""

import math
import re
from unicodedata import category

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields.uris import split_uri

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+")


def validate_uri(value: str) -> None:
    """Refuse text that is not an absolute URI."""
    is_uri = _URI.fullmatch(value)
    if not is_uri or not split_uri(value).scheme:
        code = "unparsable" if is_uri else "uri"
        raise ValidationError(_("Enter a valid URI, such as https://example.com/picture.jpg."), code=code)


def validate_clean_text(value: str) -> None:
    """Refuse what not all databases store alike: NUL characters and lone surrogates."""
    if "\x00" in value:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValidationError(_("This text contains half of a surrogate pair."), code="surrogate") from None


_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are blank."""


def is_visible(text: str) -> bool:
    """Return whether a text shows anything: not only spaces, control and format characters, and marks without
    a base."""
    return any(
        "!" <= char <= "~" or (category(char)[0] not in "ZCM" and char not in _FILLERS) for char in text
    )


INVISIBLE = "invisible"
"""Error code of a required text that is blank."""


MAX_DEPTH = 64
"""Maximum nesting of a JSON value."""


def validate_json(value: object, depth: int = 1) -> None:
    """Refuse JSON values that not all databases store alike: texts as in `validate_clean_text`, integers
    beyond 64 bits, NaN and infinities, and nesting beyond `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        raise ValidationError(_("This is nested too deeply."), code="depth")
    if isinstance(value, str):
        validate_clean_text(value)
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValidationError(_("This number has too many digits."), code="precision")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(_("“%(value)s” is not a number."), code="invalid", params={"value": value})
    elif isinstance(value, dict):
        for name, inner in value.items():
            validate_clean_text(name)
            validate_json(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            validate_json(inner, depth + 1)
