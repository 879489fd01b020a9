"""Confirmation before one answer to a customer replaces another."""

from django.utils.translation import gettext, gettext_lazy

from backoffice.records.history import shorten

REPLACE = "replace-"
"""Begins the name of the box to tick, before the property's."""
LABEL = gettext_lazy("Replace the present answer")


def is_replaced(old: str | None, new: str | None) -> bool:
    """Whether a text would be gone: one whose lines all stand in the new one, in a row, stays."""
    old_lines, new_lines = (_split_lines(text) for text in (old, new))
    count = len(old_lines)
    is_kept = any(new_lines[at : at + count] == old_lines for at in range(len(new_lines) - count + 1))
    return bool(old_lines) and not is_kept


def _split_lines(text: str | None) -> list[str]:
    """The lines of a text that say something, whatever space is around their words."""
    return [" ".join(words) for line in (text or "").splitlines() if (words := line.split())]


def replacement_error(old: str) -> str:
    """Say that there is an answer, and how to replace it."""
    text = gettext("There is an answer already: “%(answer)s”. Keep it in the text, or tick “%(replace)s”.")
    return text % {"answer": shorten(old), "replace": LABEL}
