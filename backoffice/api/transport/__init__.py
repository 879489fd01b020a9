"""Public names of `backoffice.api.transport`."""

from backoffice.api.transport.etags import build_etag
from backoffice.api.transport.parsing import find_unstorable, parse_object, read_object
from backoffice.api.transport.ratelimit import count_event
from backoffice.api.transport.views import ApiRequest, forbidden, in_english, json_response, problem_response

__all__ = [
    "ApiRequest",
    "build_etag",
    "count_event",
    "find_unstorable",
    "forbidden",
    "in_english",
    "json_response",
    "parse_object",
    "problem_response",
    "read_object",
]
