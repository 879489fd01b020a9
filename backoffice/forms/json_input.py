"""Strict parsing of JSON that users type into a form, by the same rules as in the API."""

import json
import math

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def read_json(text: str) -> object:
    """Parse JSON; return the text itself if it is not JSON. Raise ValidationError for JSON that the API
    refuses, too: duplicate names in an object, NaN, numbers that are too large, too many levels."""
    try:
        return json.loads(
            text, object_pairs_hook=_object_of, parse_float=_parse_finite, parse_constant=_refuse_constant
        )
    except ValueError:
        return text
    except RecursionError:
        raise ValidationError(_("This is nested too deeply."), code="depth") from None


def json_text(value: object) -> str:
    """Return a value as its input shows it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _object_of(pairs: list[tuple[str, object]]) -> dict:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _value in pairs]
        duplicate = next(name for name in names if names.count(name) > 1)
        raise ValidationError(
            "%(name)s: %(message)s",
            code="twice",
            params={"name": duplicate[:50], "message": _("This name occurs twice in the object.")},
        )
    return values


def _parse_finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValidationError(_("This number is too large."), code="precision")
    return number


def _refuse_constant(constant: str) -> None:
    raise ValidationError(_("%(constant)s is not JSON."), code="invalid", params={"constant": constant})
