"""Telephone numbers, whatever way they are written: `+45 55 50 17 01`, `0045 55501701` and `5550-1701` are one number.

(Not `phonenumbers`: it wants to know the country that a number without a prefix is of, refuses numbers that are not
assigned, and weighs 25 MB. To find a number takes what is left without prefixes and signs.)"""

import re
import unicodedata

_NUMBER = re.compile(r"(?<![^\W_])\+?\(?[0-9](?:[\s()./‐–—−-]*[0-9])*(?![^\W_])")
_SEVERAL = re.compile(r"\s+[–—−-]\s+|/")
"""What may be between two numbers."""
_SIGNS = re.compile(r"[^0-9]+")
_CALLING_CODE = re.compile(r"1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}")
"""The calling codes of countries (ITU E.164)."""
LEAST, LEAST_FROM_ABROAD, MOST = 5, 3, 15
"""How many digits a number has at least and at most, without prefixes. One with a prefix for abroad is known by that."""
WHOLE = 7
"""With so many digits it is the whole number of a subscriber."""


def find_numbers(text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Find the telephone numbers in a text: where each begins and ends, and its digits without prefixes. A number that
    may begin with a calling code or not has both forms. The text is to be normalized (`normalize`)."""
    found = []
    for match in _NUMBER.finditer(text):
        pieces = [(match.start(), match.group())]
        if len(several := _SEVERAL.split(match.group())) > 1 and all(
            _digits(one) >= WHOLE for one in several
        ):
            pieces, place = [], match.start()
            for one in several:
                place = text.index(one, place)
                pieces.append((place, one))
        found += [
            (start, start + len(written), forms) for start, written in pieces if (forms := forms_of(written))
        ]
    return found


def normalize(text: str) -> str:
    """Normalize digits and signs of other scripts' widths. (The length of the text may change.)"""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def forms_of(written: str) -> tuple[str, ...]:
    """The digits of one number without the prefixes for abroad and within the country; empty if they are too few or too
    many."""
    digits = _SIGNS.sub("", written.replace("(0)", ""))
    from_abroad = written.startswith("+") or digits.startswith("00")
    digits = digits.removeprefix("00") if digits.startswith("00") else digits
    code = _CALLING_CODE.match(digits)
    beyond = digits[code.end() :] if code else digits
    is_whole = code and len(beyond) >= WHOLE
    forms = [beyond] if from_abroad else [digits, beyond] if is_whole else [digits]
    forms = [form.lstrip("0") for form in forms]
    least = LEAST_FROM_ABROAD if from_abroad else LEAST
    return tuple(form for form in dict.fromkeys(forms) if least <= len(form) <= MOST)


def _digits(text: str) -> int:
    return len(_SIGNS.sub("", text))
