"""Public names of `backoffice.api.transport`."""

from backoffice.api.transport.etags import build_etag
from backoffice.api.transport.ratelimit import count_event
from backoffice.api.transport.request_body import find_unstorable, parse_object, read_object
from backoffice.api.transport.views import ApiRequest, error_response, forbidden, in_english, json_response

__all__ = [
    "ApiRequest",
    "build_etag",
    "count_event",
    "error_response",
    "find_unstorable",
    "forbidden",
    "in_english",
    "json_response",
    "parse_object",
    "read_object",
]
