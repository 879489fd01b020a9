"""Words in braces that stand for something of the record that an answer is about: `{customer}`, `{number}`."""

import re

from django.core.exceptions import ValidationError
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PLACEHOLDERS = {
    "customer": gettext_lazy("the customer's name"),
    "contact": gettext_lazy("who reported it"),
    "number": gettext_lazy("the number"),
    "subject": gettext_lazy("what it is about, in one line"),
    "object": gettext_lazy("the building or place"),
    "address": gettext_lazy("its address"),
    "device": gettext_lazy("the device"),
    "me": gettext_lazy("whoever answers"),
    "company": gettext_lazy("our company"),
    "today": gettext_lazy("today's date"),
}
"""Each with what it becomes. A record has no value for those that make no sense for it."""

_IN_BRACES = re.compile(r"\{([^{}\n]*)\}")


def check_placeholders(text: str) -> None:
    """Refuse words in braces that stand for nothing: a customer would read them as they are."""
    unknown = [name for name in dict.fromkeys(_IN_BRACES.findall(text)) if name not in PLACEHOLDERS]
    if unknown:
        told = {
            "unknown": get_text_list([f"{{{name}}}" for name in unknown], _("and")),
            "known": ", ".join(f"{{{name}}}" for name in PLACEHOLDERS),
        }
        raise ValidationError(
            _("Nothing is known by %(unknown)s. There are: %(known)s.") % told, code="unknown"
        )


def filled(text: str, values: dict[str, str]) -> str:
    """The text with what the placeholders stand for. Those without a value stay as they are, to be seen."""
    return _IN_BRACES.sub(lambda match: values.get(match[1]) or match[0], text)


def unfilled(text: str) -> list[str]:
    """The placeholders that are still in a text."""
    return [f"{{{name}}}" for name in dict.fromkeys(_IN_BRACES.findall(text)) if name in PLACEHOLDERS]
