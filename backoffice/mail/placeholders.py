"""Placeholders in the texts of mails to customers: `{{ number }}`. Nothing else in a text is replaced, so what users
write is never executed."""

import re
from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}")
_PARAGRAPHS = re.compile(r"(?:\r?\n){2,}")


def find_placeholders(text: str) -> list[str]:
    """Return the names in double braces."""
    return [name.strip() for name in _PLACEHOLDER.findall(text)]


def check_placeholders(text: str, known: Iterable[str]) -> None:
    """Raise ValidationError for the first placeholder that is not known, and for braces that are left open."""
    known = list(known)
    rest = _PLACEHOLDER.sub("", text)
    names = [*find_placeholders(text), *(brace for brace in ("{{", "}}") if brace in rest)]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        params = {"name": unknown, "known": ", ".join(f"{{{{ {name} }}}}" for name in known)}
        raise ValidationError(
            _("“%(name)s” is no placeholder. Use: %(known)s.") % params, code="unknown_placeholder"
        )


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """Return a text in one line with the values in place of the placeholders."""
    return " ".join(_fill(text, values).split())


def fill_paragraphs(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the values in place of the placeholders, without paragraphs that are empty then. Braces
    in a value stay as they are."""
    filled = (_fill(paragraph, values) for paragraph in _PARAGRAPHS.split(text.strip()))
    return "\n\n".join(paragraph for paragraph in filled if paragraph.strip())


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1].strip(), ""), text)
