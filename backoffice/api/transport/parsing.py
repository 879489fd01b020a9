"""From the bytes of a request to a JSON object that can be trusted to be storable.

Python's own parser is used, in one pass: pydantic-core's is as fast, but drops the first of two equal keys
without a word, lets 1e400 through as infinity even with `allow_inf_nan=False`, and calls half a surrogate pair a
syntax error without saying which property has it.
"""

import codecs
import json
import math
import re
from collections import Counter
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.api.errors import MALFORMED, TOO_LARGE, ApiError, Faults
from backoffice.api.transport.request_body import RequestBody

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
"""How deep arrays and objects may nest; the body itself is the first."""

LONG_NUMBER = 19
"""With fewer digits a whole number is within 64 bits."""
WHOLE_NUMBERS = range(-(2**63), 2**63)


def read_object(request: HttpRequest, optional: bool = False) -> tuple[dict, Faults]:
    """The body as an object, and what no property may hold. Raises a Problem if there is no
    object in it; an `optional` body may be missing, which is the same as an empty object."""
    content = RequestBody(request, MAX_BYTES, _too_large).read(MAX_BYTES + 1)
    request.body_digest = sha256(content).hexdigest() if request.method == "POST" else ""
    if optional and not content:
        return {}, {}
    _check_content_type(request)
    return object_in(content)


def object_in(content: bytes, line: int = 1, column: int = 1) -> tuple[dict, Faults]:
    """The same of some bytes, which begin at this line and column of where they are from."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ApiError(MALFORMED, _("The body is not valid UTF-8.")) from None
    if text.startswith("\ufeff"):
        raise ApiError(MALFORMED, _("The body starts with a byte order mark, which JSON does not have."))
    odd = _Odd()
    body = _parsed(text, odd, line, column)
    if not isinstance(body, dict):
        raise ApiError(MALFORMED, _("The body must be a JSON object."))
    return body, odd.faults(text, body)


def find_unstorable(value: dict) -> Faults:
    """What no property may hold of a value that was made of a body, by path."""
    found: Faults = {}
    _inspect(value, (), {}, found)
    return found


def _check_content_type(request: HttpRequest) -> None:
    if request.content_type != "application/json":
        raise ApiError(MALFORMED, _("The Content-Type must be application/json."))
    try:
        charset = codecs.lookup(request.content_params.get("charset", "utf-8")).name
    except (LookupError, ValueError):
        charset = ""
    if charset != "utf-8":
        raise ApiError(MALFORMED, _("JSON is sent as UTF-8."))


_ODD_TEXT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""What a text that cannot be kept has in JSON."""


class _Odd:
    """What the parser met that a closer look at what it made has to be taken for."""

    def __init__(self):
        self.twice: list[tuple[dict, list[str]]] = []
        self.has_numbers = False

    def object_of(self, pairs: list[tuple[str, object]]) -> dict:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _value in pairs)
            self.twice.append((found, [key for key, count in times.items() if count > 1]))
        return found

    def whole(self, digits: str) -> int:
        self.has_numbers |= len(digits) >= LONG_NUMBER
        return int(digits)

    def decimal(self, digits: str) -> float:
        number = float(digits)
        self.has_numbers |= not math.isfinite(number)
        return number

    def faults(self, text: str, value: object) -> Faults:
        """What no property may hold of the value of a text, by path."""
        found: Faults = {}
        is_flat = text.count("{") + text.count("[") <= MAX_DEPTH
        if self.twice or self.has_numbers or not is_flat or _ODD_TEXT.search(text):
            _inspect(value, (), {id(one): keys for one, keys in self.twice}, found)
        return found


def _parsed(text: str, odd: _Odd, line: int = 1, column: int = 1) -> object:
    def refuse(constant):
        raise ApiError(MALFORMED, _("%(constant)s is not JSON.") % {"constant": constant})

    how = {"parse_int": odd.whole, "parse_float": odd.decimal, "parse_constant": refuse}
    try:
        return json.loads(text, object_pairs_hook=odd.object_of, **how)
    except json.JSONDecodeError as error:
        ahead = column - 1 if error.lineno == 1 else 0
        where = {"line": error.lineno + line - 1, "column": error.colno + ahead}
        raise ApiError(
            MALFORMED, _("The body is not valid JSON (line %(line)s, column %(column)s).") % where
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise ApiError(MALFORMED, _("The body has a number with too many digits.")) from None


def parameter_value(text: str) -> object:
    """The JSON of a query parameter. Raises Django's ValidationError if it is none, or cannot be trusted."""
    odd = _Odd()
    try:
        value = _parsed(text, odd)
        faults = odd.faults(text, value)
    except ApiError:
        raise ValidationError(_("This is not valid JSON."), code="invalid") from None
    for fault in faults.values():
        raise fault
    return value


def _too_large() -> ApiError:
    return ApiError(TOO_LARGE, _("The body is larger than 1 MiB."))


def _too_deep() -> ApiError:
    return ApiError(MALFORMED, _("The body is nested deeper than %(depth)s levels.") % {"depth": MAX_DEPTH})


def _inspect(value: object, path: tuple, twice: dict[int, list[str]], faults: Faults) -> None:
    """Collect what no database keeps alike, wherever it stands."""
    if isinstance(value, str):
        if fault := _text_fault(value):
            faults[path] = fault
    elif isinstance(value, (dict, list)):
        if len(path) >= MAX_DEPTH:
            raise _too_deep()
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            if entry is not None and entry is not True and entry is not False and entry != "":
                _inspect(entry, (*path, key), twice, faults)
            if isinstance(key, str) and (fault := _text_fault(key)):
                faults[(*path, key)] = fault
        for key in twice.get(id(value), ()):
            faults[(*path, key)] = ValidationError(_("This is in the object twice."), code="duplicate")
    elif isinstance(value, float):
        if not math.isfinite(value):
            faults[path] = ValidationError(_("This number is too large."), code="overflow")
    elif isinstance(value, int) and value not in WHOLE_NUMBERS:
        faults[path] = ValidationError(_("This number is beyond 64 bits."), code="overflow")


def _text_fault(text: str) -> ValidationError | None:
    if "\x00" in text:
        return ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return ValidationError(_("This text has half of a surrogate pair in it."), code="surrogate")
    return None
