"""Confirmation before one answer to a customer replaces another."""

from django.utils.translation import gettext, gettext_lazy

from backoffice.records.values import shortened

REPLACE = "replace-"
"""Begins the name of the box to tick, before the property's."""
LABEL = gettext_lazy("Replace the present answer")


def is_replaced(old: str | None, new: str | None) -> bool:
    """Whether a text would be gone: one that is only added to stays."""
    old, new = (" ".join((text or "").split()) for text in (old, new))
    return bool(old) and old not in new


def replacement_error(old: str) -> str:
    """Say that there is an answer, and how to replace it."""
    text = gettext("There is an answer already: “%(answer)s”. Keep it in the text, or tick “%(replace)s”.")
    return text % {"answer": shortened(old), "replace": LABEL}
