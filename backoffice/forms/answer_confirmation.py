"""Confirmation before an answer to a customer replaces another one."""

from django.utils.translation import gettext, gettext_lazy

from backoffice.records.history import shorten

REPLACE = "replace-"
"""The prefix of the confirmation checkbox's name, before the name of the property."""
LABEL = gettext_lazy("Replace the current reply")


def is_replaced(old: str | None, new: str | None) -> bool:
    """Return whether the new text loses the old one. It is kept if all its lines occur consecutively in the
    new text."""
    old_lines, new_lines = (_split_lines(text) for text in (old, new))
    count = len(old_lines)
    starts = range(len(new_lines) - count + 1)
    is_kept = any(new_lines[start : start + count] == old_lines for start in starts)
    return bool(old_lines) and not is_kept


def _split_lines(text: str | None) -> list[str]:
    """Return the non-blank lines of a text with normalised whitespace."""
    return [" ".join(words) for line in (text or "").splitlines() if (words := line.split())]


def replacement_error(old: str) -> str:
    """Return the error message that quotes the current answer and tells how to replace it."""
    text = gettext("There is already a reply: “%(answer)s”. Keep it in the text, or select “%(replace)s”.")
    return text % {"answer": shorten(old), "replace": LABEL}
