"""Public names of `backoffice.api.transport`."""

from backoffice.api.transport.etags import tag_of
from backoffice.api.transport.parsing import find_unstorable, object_in, read_object
from backoffice.api.transport.ratelimit import seconds_to_wait
from backoffice.api.transport.views import ApiRequest, forbidden, in_english, json_response, problem_response

__all__ = [
    "ApiRequest",
    "find_unstorable",
    "forbidden",
    "in_english",
    "json_response",
    "object_in",
    "problem_response",
    "read_object",
    "seconds_to_wait",
    "tag_of",
]
