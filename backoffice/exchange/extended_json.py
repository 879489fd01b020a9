"""MongoDB Extended JSON, as written by `mongoexport`: ids, dates and numbers wrapped in objects."""

import re
from datetime import datetime, timedelta, timezone

from backoffice.api.schema import Document
from backoffice.records.fields import AnyField, OpenObjectField
from backoffice.records.properties import instant_as_text

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ZONE = re.compile(r"([+-][0-9]{2})([0-9]{2})$")


def unwrap(document: Document, body: dict) -> dict:
    """Replace MongoDB's wrapper objects by plain values. Open objects are left alone, where they may be user
    data, unless a wrapped `_id` shows that the document comes from MongoDB."""
    if isinstance(body.get("_id"), dict):
        return _unwrap_value(body)
    open_keys = {leaf.key for leaf in document.properties if not leaf.group and _is_open(document, leaf)}
    return body | {key: _unwrap_value(value) for key, value in body.items() if key not in open_keys}


def _is_open(document: Document, leaf) -> bool:
    prop = document.bound[leaf.attribute]
    return not prop.many and isinstance(prop.field, (AnyField, OpenObjectField))


def _unwrap_value(value):
    if isinstance(value, list):
        return [_unwrap_value(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, inner),) = value.items()
        if (plain := _plain_value(key, inner)) is not None:
            return plain
    return {key: _unwrap_value(entry) for key, entry in value.items()}


def _plain_value(key: str, inner) -> object:
    """Return the value of a wrapper, or None if it is not a valid wrapper."""
    if key == "$date":
        return _date(inner)
    if not isinstance(inner, str):
        return None
    if key == "$oid":
        return inner
    if key in ("$numberInt", "$numberLong") and _WHOLE.fullmatch(inner):
        return int(inner)
    if key == "$numberDouble" and _DECIMAL.fullmatch(inner):
        return float(inner)
    return None


def _date(inner) -> str | None:
    if isinstance(inner, str):
        return _ZONE.sub(r"\1:\2", inner)  # older versions of mongoexport write +0000
    if isinstance(inner, dict):
        inner = _plain_value(*next(iter(inner.items()))) if len(inner) == 1 else None
    if isinstance(inner, int) and not isinstance(inner, bool):
        try:
            return instant_as_text(_EPOCH + timedelta(milliseconds=inner))
        except OverflowError:
            return None
    return None
