"""Regular expressions for JSON Schema (ECMA-262, without lookaround), equivalent to the checks of model
fields.

Tests compare each of them with the field's own check.
"""

_LETTER = r"a-zA-Z\u00a1-\ud7ff\ue000-\uffff"
_LABEL = f"[{_LETTER}0-9](?:[{_LETTER}0-9-]{{0,61}}[{_LETTER}0-9])?"
_TOP = rf"(?:[{_LETTER}][{_LETTER}-]{{0,61}}[{_LETTER}]|[xX][nN]--[a-zA-Z0-9]{{1,59}})"
_ATOM = r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+"
_QUOTED = r'"(?:[\u0001-\u0008\u000b\u000c\u000e-\u001f!#-\[\]-\u007f]|\\[\u0001-\u0009\u000b\u000c\u000e-\u007f])*"'
_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IP = rf"\[{_BYTE}(?:\.{_BYTE}){{3}}\]"
"""The field also accepts IPv6 addresses, which no pattern describes."""
_SPACES = r"\u0000-\u0020\u007f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

_DAY = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_HOUR = r"(?:[01][0-9]|2[0-3])"

TEXT = r"[^\u0000]*"
"""Text without null characters, which not every database stores."""
ID = "[0-9a-f]{24}"
ID_OF_EITHER_CASE = "[0-9a-fA-F]{24}"
URI = "[A-Za-z][A-Za-z0-9+.-]*:[^" + _SPACES + r'<>"{}|\\^`]+'
EMAIL = rf"(?:{_ATOM}(?:\.{_ATOM})*|{_QUOTED})@(?:localhost|{_IP}|{_LABEL}(?:\.{_LABEL})*\.{_TOP})"
INSTANT = rf"[0-9]{{4}}-{_DAY}T{_HOUR}:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,9}})?(?:Z|[+-]{_HOUR}:[0-5][0-9])"
"""A date and time with a time zone. The pattern does not check that the day exists."""


def full_match(pattern: str) -> str:
    """Anchor a pattern at both ends."""
    return f"^(?:{pattern})$" if "|" in pattern else f"^{pattern}$"
