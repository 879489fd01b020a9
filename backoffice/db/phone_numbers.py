"""Telephone numbers in any notation: `+45 55 50 17 01`, `0045 55501701` and `5550-1701` are the same number.

(Not `phonenumbers`: it needs the country of a number without a prefix, refuses unassigned numbers, and is 25
MB large. To find a number, its digits without prefixes and separators are enough.)
"""

import re
import unicodedata

_NUMBER = re.compile(r"(?<![^\W_])\+?\(?[0-9](?:[\s()./‐–—−-]*[0-9])*(?![^\W_])")
_BETWEEN_NUMBERS = re.compile(r"\s+[–—−-]\s+|/")
"""Separators between two numbers."""
_SIGNS = re.compile(r"[^0-9]+")
_CALLING_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}")
"""The calling codes of countries (ITU E.164)."""
MIN_DIGITS, LEAST_FROM_ABROAD, MOST = 5, 3, 15
"""Minimum and maximum number of digits without prefixes; the prefix for abroad identifies shorter numbers."""
WHOLE = 7
"""A number with so many digits is a complete subscriber number."""


def find_numbers(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return the telephone numbers in a text: start, end, and digits without prefixes. A number that may or
    may not begin with a calling code has both forms. The text must be normalized (`normalize`)."""
    numbers = []
    for match in _NUMBER.finditer(text):
        pieces = [(match.start(), match.group())]
        if len(parts := _BETWEEN_NUMBERS.split(match.group())) > 1 and all(
            _count_digits(part) >= WHOLE for part in parts
        ):
            pieces, place = [], match.start()
            for part in parts:
                place = text.index(part, place)
                pieces.append((place, part))
        numbers += [
            (start, start + len(written), forms)
            for start, written in pieces
            if (forms := number_forms(written))
        ]
    return numbers


def normalize(text: str) -> str:
    """Normalize digits and punctuation of other widths. (This may change the length of the text.)"""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def number_forms(written: str) -> tuple[str, ...]:
    """Return the digits of one number without the prefixes for abroad and within the country; empty if they
    are too few or too many."""
    digits = _SIGNS.sub("", written.replace("(0)", ""))
    from_abroad = written.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    code = _CALLING_CODE.match(digits)
    subscriber = digits[code.end() :] if code else digits
    is_whole = code and len(subscriber) >= WHOLE
    forms = [subscriber] if from_abroad else [digits, subscriber] if is_whole else [digits]
    forms = [form.lstrip("0") for form in forms]
    least = LEAST_FROM_ABROAD if from_abroad else MIN_DIGITS
    return tuple(form for form in dict.fromkeys(forms) if least <= len(form) <= MOST)


def _count_digits(text: str) -> int:
    return len(_SIGNS.sub("", text))
