"""MongoDB's extended JSON, as `mongoexport` writes it: ids, dates and numbers wrapped in objects."""

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
    """The body without MongoDB's wrappings. Those within open values are somebody's own, unless the document is
    MongoDB's, which its id tells."""
    if isinstance(body.get("_id"), dict):
        return _unwrapped(body)
    found = dict(body)
    opens = {leaf.key for leaf in document.properties if not leaf.group and _is_open(document, leaf)}
    return found | {key: _unwrapped(value) for key, value in body.items() if key not in opens}


def _is_open(document: Document, leaf) -> bool:
    prop = document.bound[leaf.attribute]
    return not prop.many and isinstance(prop.field, (AnyField, OpenObjectField))


def _unwrapped(value):
    if isinstance(value, list):
        return [_unwrapped(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((key, inner),) = value.items()
        if (found := _plain(key, inner)) is not None:
            return found
    return {key: _unwrapped(entry) for key, entry in value.items()}


def _plain(key: str, inner) -> object:
    """What a wrapping holds; None if it is none, or holds what it cannot."""
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
        return _ZONE.sub(r"\1:\2", inner)  # older versions write +0000
    if isinstance(inner, dict):
        inner = _plain(*next(iter(inner.items()))) if len(inner) == 1 else None
    if isinstance(inner, int) and not isinstance(inner, bool):
        try:
            return instant_as_text(_EPOCH + timedelta(milliseconds=inner))
        except OverflowError:
            return None
    return None
