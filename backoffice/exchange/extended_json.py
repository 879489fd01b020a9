"""MongoDB Extended JSON, as written by `mongoexport`: ids, dates and numbers wrapped in objects."""

from datetime import datetime, timezone

from bson import ObjectId, json_util
from bson.errors import BSONError

from backoffice.api.schema import Document
from backoffice.records.fields import AnyField, OpenObjectField
from backoffice.records.properties import instant_as_text

_WRAPPERS = {"$oid", "$date", "$numberInt", "$numberLong", "$numberDouble"}
_OPTIONS = json_util.JSONOptions(tz_aware=True, tzinfo=timezone.utc)


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
    plain = {key: _unwrap_value(entry) for key, entry in value.items()}
    return _plain_value(plain) if len(plain) == 1 and plain.keys() <= _WRAPPERS else plain


def _plain_value(wrapper: dict) -> object:
    """Return the value of a wrapper object, or the object itself if it is not valid."""
    if isinstance(wrapper.get("$date"), bool):
        return wrapper
    try:
        value = json_util.object_hook(wrapper, _OPTIONS)
    except (TypeError, ValueError, BSONError):
        return wrapper
    if isinstance(value, datetime):
        return instant_as_text(value)
    if isinstance(value, ObjectId):
        return str(value)
    return int(value) if isinstance(value, int) else value
