"""Request bodies: reading within a limit, and parsing of JSON with the errors of values that cannot be stored.

Python's own parser is used, in one pass: pydantic-core's silently drops the first of two equal keys, parses
1e400 as infinity even with `allow_inf_nan=False`, and reports half a surrogate pair as a syntax error without
its property.
"""

import codecs
import json
import math
import re
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.api.annotations import BodyErrors, BodyPath, ReadBody
from backoffice.api.errors import MALFORMED, MAX_ERRORS, TOO_LARGE, UNSUPPORTED_ENCODING, ApiError
from backoffice.api.transport.views import ApiRequest
from backoffice.db.annotations import JsonObject, JsonValue

TAIL_BYTES = 1024
"""How many bytes of the end of a body are kept."""
MAX_BYTES = 1024 * 1024
MAX_DEPTH = 64
"""The maximum nesting of arrays and objects, including the body itself."""

LONG_NUMBER = 19
"""Integers with fewer digits are within 64 bits."""
WHOLE_NUMBERS = range(-(2**63), 2**63)


def refuse_encoded(request: HttpRequest) -> None:
    """Raise ApiError for a body with a Content-Encoding, because nothing here decodes it."""
    encoding = request.META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
    if encoding not in ("", "identity"):
        message = _("Send the request body uncompressed: Content-Encoding %(encoding)s is not supported.")
        headers = {"Accept-Encoding": "identity"}
        raise ApiError(UNSUPPORTED_ENCODING, message % {"encoding": encoding[:50]}, headers=headers)


class RequestBody:
    """A readable body. Raises ApiError if it is compressed, and `too_large()` if it has more than `limit`
    bytes: before reading if the Content-Length says so."""

    def __init__(self, request: HttpRequest, limit: int, too_large: Callable[[], ApiError]):
        refuse_encoded(request)
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isdecimal() and int(length[:20]) > limit:
            raise too_large()
        # Without a Content-Length Django reads nothing. A server with `wsgi.input_terminated` ends the input
        # itself.
        chunked = not length and request.META.get("wsgi.input_terminated")
        self._source = request.META["wsgi.input"] if chunked else request
        self._remaining = limit
        self._too_large = too_large
        self.end = b""

    def read(self, size: int) -> bytes:
        try:
            chunk = self._source.read(min(size, self._remaining + 1))
        except Exception:  # each server has its own exceptions for broken chunks and closed connections
            raise ApiError(MALFORMED, _("The request body is incomplete.")) from None
        self._remaining -= len(chunk)
        if self._remaining < 0:
            raise self._too_large()
        self.end = (self.end + chunk[-TAIL_BYTES:])[-TAIL_BYTES:]
        return chunk


def read_object(call: ApiRequest, is_optional: bool = False) -> ReadBody:
    """Return the body as an object, and the errors of values that cannot be stored. Raises ApiError if the
    body is not a JSON object. A missing body with `is_optional` is the same as an empty object."""
    content = RequestBody(call.request, MAX_BYTES, _too_large).read(MAX_BYTES + 1)
    if call.request.method == "POST":
        call.body_digest = sha256(content).hexdigest()
    if is_optional and not content:
        return {}, {}
    _check_content_type(call.request)
    return parse_object(content)


def parse_object(content: bytes, line: int = 1, column: int = 1) -> ReadBody:
    """Parse bytes like `read_object`. They start at this line and column of their source."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ApiError(MALFORMED, _("The request body is not valid UTF-8.")) from None
    if text.startswith("\ufeff"):
        raise ApiError(
            MALFORMED, _("The request body starts with a byte order mark, which JSON does not have.")
        )
    hooks = _ParserHooks()
    body = _parse(text, hooks, line, column)
    if not isinstance(body, dict):
        raise ApiError(MALFORMED, _("The request body must be a JSON object."))
    return body, hooks.find_errors(text, body)


def find_unstorable(value: JsonObject) -> BodyErrors:
    """Return the errors of values that cannot be stored, by path."""
    found: BodyErrors = {}
    _inspect(value, (), {}, found)
    return found


def _check_content_type(request: HttpRequest) -> None:
    if request.content_type != "application/json":
        raise ApiError(MALFORMED, _("The Content-Type must be application/json."))
    parameters = request.content_params or {}
    try:
        charset = codecs.lookup(parameters.get("charset", "utf-8")).name
    except (LookupError, ValueError):
        charset = ""
    if charset != "utf-8":
        raise ApiError(MALFORMED, _("Send JSON as UTF-8."))


_UNSTORABLE_TEXT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""JSON escapes of characters that cannot be stored."""


class _ParserHooks:
    """Hooks of the JSON parser that note duplicate keys and large numbers, so that only bodies with such
    values need a full inspection."""

    def __init__(self) -> None:
        self.duplicates: list[tuple[JsonObject, list[str]]] = []
        self.has_large_numbers = False

    def build_object(self, pairs: list[tuple[str, Any]]) -> JsonObject:
        found = dict(pairs)
        if len(found) < len(pairs):
            counts = Counter(key for key, _value in pairs)
            self.duplicates.append((found, [key for key, count in counts.items() if count > 1]))
        return found

    def parse_integer(self, digits: str) -> int:
        self.has_large_numbers |= len(digits) >= LONG_NUMBER
        return int(digits)

    def parse_decimal(self, digits: str) -> float:
        number = float(digits)
        self.has_large_numbers |= not math.isfinite(number)
        return number

    def find_errors(self, text: str, value: JsonValue) -> BodyErrors:
        """Return the errors of values in the parsed text that cannot be stored, by path."""
        found: BodyErrors = {}
        is_flat = text.count("{") + text.count("[") <= MAX_DEPTH
        if self.duplicates or self.has_large_numbers or not is_flat or _UNSTORABLE_TEXT.search(text):
            _inspect(value, (), {id(one): keys for one, keys in self.duplicates}, found)
        return found


def _parse(text: str, hooks: _ParserHooks, line: int = 1, column: int = 1) -> JsonValue:
    def refuse(constant: str) -> NoReturn:
        raise ApiError(MALFORMED, _("%(constant)s is not JSON.") % {"constant": constant})

    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=hooks.build_object,
            parse_int=hooks.parse_integer,
            parse_float=hooks.parse_decimal,
            parse_constant=refuse,
        )
        return value
    except json.JSONDecodeError as error:
        offset = column - 1 if error.lineno == 1 else 0
        position = {"line": error.lineno + line - 1, "column": error.colno + offset}
        raise ApiError(
            MALFORMED, _("The request body is not valid JSON (line %(line)s, column %(column)s).") % position
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        raise ApiError(MALFORMED, _("The request body has a number with too many digits.")) from None


def parameter_value(text: str) -> JsonValue:
    """Parse the JSON of a query parameter. Raises Django's ValidationError if it is not valid or has values
    that cannot be stored."""
    hooks = _ParserHooks()
    try:
        value = _parse(text, hooks)
        errors = hooks.find_errors(text, value)
    except ApiError:
        raise ValidationError(_("This is not valid JSON."), code="invalid") from None
    for error in errors.values():
        raise error
    return value


def _too_large() -> ApiError:
    return ApiError(TOO_LARGE, _("The request body is larger than 1 MiB."))


def _too_deep() -> ApiError:
    return ApiError(
        MALFORMED, _("The request body is nested deeper than %(depth)s levels.") % {"depth": MAX_DEPTH}
    )


def _inspect(value: JsonValue, path: BodyPath, duplicates: dict[int, list[str]], errors: BodyErrors) -> None:
    """Collect the errors of values that not all databases store alike, at any depth, until there are too many."""
    if len(errors) > MAX_ERRORS:
        return
    if isinstance(value, str):
        if error := _text_error(value):
            errors[path] = error
    elif isinstance(value, (dict, list)):
        if len(path) >= MAX_DEPTH:
            raise _too_deep()
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            if entry is not None and entry is not True and entry is not False and entry != "":
                _inspect(entry, (*path, key), duplicates, errors)
            if isinstance(key, str) and (error := _text_error(key)):
                errors[(*path, key)] = error
        for key in duplicates.get(id(value), ())[: MAX_ERRORS + 1]:
            errors[(*path, key)] = ValidationError(
                _("This name occurs twice in the object."), code="duplicate"
            )
    elif isinstance(value, float):
        if not math.isfinite(value):
            errors[path] = ValidationError(_("This number is too large."), code="overflow")
    elif isinstance(value, int) and value not in WHOLE_NUMBERS:
        errors[path] = ValidationError(_("This number needs more than 64 bits."), code="overflow")


def _text_error(text: str) -> ValidationError | None:
    if "\x00" in text:
        return ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return ValidationError(_("This text contains half of a surrogate pair."), code="surrogate")
    return None
