"""Placeholders in canned answers for values of the record: `{customer}`, `{number}`."""

import re

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PLACEHOLDERS = {
    "customer": gettext_lazy("the customer's name"),
    "contact": gettext_lazy("the reporter's name"),
    "number": gettext_lazy("the number"),
    "subject": gettext_lazy("the subject, in one line"),
    "object": gettext_lazy("the object"),
    "address": gettext_lazy("the object's address"),
    "device": gettext_lazy("the device"),
    "me": gettext_lazy("your name"),
    "company": gettext_lazy("your company"),
    "today": gettext_lazy("today's date"),
}
"""Each placeholder with a description of its value. A record has values only for some of them."""

_IN_BRACES = re.compile(r"\{([^{}\n]*)\}")


def check_placeholders(text: str) -> None:
    """Raise ValidationError for unknown placeholders, which customers would see as they are."""
    unknown = [name for name in dict.fromkeys(_IN_BRACES.findall(text)) if name not in PLACEHOLDERS]
    if unknown:
        params = {
            "unknown": get_text_list([f"{{{name}}}" for name in unknown], _("and")),
            "known": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS),
        }
        raise ValidationError(
            _("%(unknown)s is not a placeholder. Use one of these: %(known)s.") % params, code="unknown"
        )


def fill_placeholders(text: str, values: dict[str, str]) -> str:
    """Replace placeholders by their values. Those without a value stay visible."""
    return _IN_BRACES.sub(lambda match: values.get(match[1]) or match[0], text)


def find_placeholders(text: str) -> list[str]:
    """Return the placeholders that are left in a text."""
    return [f"{{{name}}}" for name in dict.fromkeys(_IN_BRACES.findall(text)) if name in PLACEHOLDERS]
