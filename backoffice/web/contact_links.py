"""`mailto:` and `tel:` links for e-mail addresses and telephone numbers as users typed them."""

import re
import unicodedata
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.html import conditional_escape, format_html

FEWEST_DIGITS, MOST_DIGITS = 3, 15
"""Emergency numbers have three digits; E.164 allows fifteen."""
FEWEST_DIGITS_BESIDE_WORDS = 5
"""Fewer digits beside a word are not a telephone number of their own: `0800 FLOWERS`, `Room 112`."""

_ATOM = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_OTHER_DOTS = re.compile("[\u3002\uff0e\uff61]")
_NUMBER = re.compile(r"\+?[0-9](?:[ ()./-]*[0-9])*")
_TRUNK_ZERO = re.compile(r"^(\+[0-9 ./-]*)\( ?0 ?\)")
_EXTENSION = re.compile(
    r"(?:extension|ext|lokalnummer|lokalnr|lokal|lok|durchwahl|dw|apparat|app|nebenstelle|nst|klappe|intern|x)"
    r"[.:=]* *([0-9]{1,7})$",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"(?:[^0-9+]*[ :.(])?")
_AFTER = re.compile(r"(?:[ ,;)(][^0-9+]*)?")


def mailto_uri(value: str | None) -> str:
    """Return the `mailto:` URI of an e-mail address (RFC 6068); "" if the text is anything else. Reject
    quoted local parts, which may contain commas and further addresses."""
    address = (value or "").strip()
    local, _at, domain = address.rpartition("@")
    if not _ATOM.fullmatch(local) or domain.startswith("[") or _OTHER_DOTS.search(domain):
        return ""
    try:
        validate_email(address)
        domain.encode("idna")
    except (ValidationError, UnicodeError):
        return ""
    return f"mailto:{quote(local, safe='+')}@{quote(domain)}"


def tel_uri(value: str | None) -> str:
    """Return the `tel:` URI of the telephone number in a text (RFC 3966) without the words around it; "" if
    there is not exactly one. Reject service codes such as `*21*…#`, which a telephone would execute."""
    text = _normalize(value or "")
    if "*" in text or "#" in text:
        return ""
    extension = ""
    if found := _EXTENSION.search(text):
        extension = f";ext={found[1]}"
        text = text[: found.start()].rstrip(" ,;.-(/")
    else:
        text = text.strip()
    text = _TRUNK_ZERO.sub(r"\1 ", text)
    found = _NUMBER.search(text)
    if found is None or _has_two_numbers(found[0]):
        return ""
    before, after = text[: found.start()], text[found.end() :]
    number = re.sub(r"[^0-9+]", "", found[0])
    digits = number.lstrip("+")
    has_words = bool(re.search(r"\w", before + after))
    fewest = FEWEST_DIGITS_BESIDE_WORDS if has_words else FEWEST_DIGITS
    if not fewest <= len(digits) <= MOST_DIGITS or number.startswith("+0"):
        return ""
    if not _BEFORE.fullmatch(before) or not _AFTER.fullmatch(after):
        return ""
    return f"tel:{number}{extension}"


def email_link(value: str | None) -> str:
    """Return the address as typed, linked if it is valid."""
    return _link(mailto_uri(value), value)


def phone_link(value: str | None) -> str:
    """Return the telephone number as typed, linked if it is valid."""
    return _link(tel_uri(value), value)


def _link(uri: str, value: str | None) -> str:
    if not uri:
        return conditional_escape(value or "")
    return format_html('<a href="{}">{}</a>', uri, value)


def _has_two_numbers(text: str) -> bool:
    """Return whether a slash separates two numbers, rather than an area code from its number (`089 /
    123456`)."""
    first, slash, second = text.partition("/")
    if not slash:
        return False
    digits = sum(letter.isdigit() for letter in first)
    second = second.lstrip(" (")
    return digits > 6 or "/" in second or second.startswith(("0", "+")) or not first.startswith(("0", "+"))


def _normalize(value: str) -> str:
    """Return the text with ASCII digits, spaces, hyphens and punctuation for their Unicode variants, without
    invisible characters."""
    return "".join(map(_plain, unicodedata.normalize("NFC", value)))


def _plain(letter: str) -> str:
    if letter.isascii():
        return letter if letter.isprintable() else " "
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    category = unicodedata.category(letter)
    if category == "Cf":
        return ""
    if category.startswith("Z") or category == "Cc":
        return " "
    if category == "Pd" or letter == "\u2212":
        return "-"
    return {"＋": "+", "＊": "*", "＃": "#", "（": "(", "）": ")", "／": "/", "．": "."}.get(letter, letter)
