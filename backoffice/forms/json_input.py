"""JSON that people type into a box, read as strictly as the JSON of scripts."""

import json
import math

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def read_json(text: str) -> object:
    """The value that a text is JSON of; the text itself if it is no JSON. Raises ValidationError for JSON that scripts
    could not send either: the same name twice in an object, NaN, numbers that are too large, too many levels."""
    try:
        return json.loads(
            text, object_pairs_hook=_object_of, parse_float=_finite, parse_constant=_refuse_constant
        )
    except ValueError:
        return text
    except RecursionError:
        raise ValidationError(_("This is nested too deeply."), code="depth") from None


def json_text(value: object) -> str:
    """A value as its box shows it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _object_of(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValidationError(
            "%(name)s: %(message)s",
            code="twice",
            params={"name": twice[:50], "message": _("This is in the object twice.")},
        )
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValidationError(_("This number is too large."), code="precision")
    return number


def _refuse_constant(constant: str) -> None:
    raise ValidationError(_("%(constant)s is not JSON."), code="invalid", params={"constant": constant})
