"""The header `Idempotency-Key`: a repeated POST returns the record of the first one."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from backoffice.api.errors import CONFLICT, INVALID, KEY_REUSED, ApiError, ErrorDetail
from backoffice.api.transport.views import ApiRequest
from backoffice.records.actors import ChangeContext
from backoffice.records.idempotency import (
    IdempotencyKey,
    KeyInUse,
    KeyReused,
    RequestKey,
    check_key,
    find_repeated,
    recheck_key,
)

NAME = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
Result = TypeVar("Result")


def has_key(request: HttpRequest) -> bool:
    """Whether the header applies: it is ignored on other methods than POST."""
    return request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in request.META


def find_key(call: ApiRequest, status: int = 200) -> RequestKey | None:
    """Return the idempotency key of a request whose body was read, or None. Raises ApiError if the header is not
    valid."""
    if not has_key(call.request):
        return None
    text = call.request.META["HTTP_IDEMPOTENCY_KEY"]
    try:
        check_key(text)
    except ValidationError as error:
        raise ApiError(INVALID, details=[ErrorDetail.from_error(NAME, error)]) from None
    return RequestKey(
        caller=f"key:{call.actor.pk}",
        path=call.request.path.rstrip("/"),
        key=text,
        body_digest=call.body_digest,
        status=status,
    )


def find_earlier(call: ApiRequest, key: RequestKey | None) -> IdempotencyKey | None:
    """Return the stored key of the request that this one repeats. Raises ApiError if the bodies differ."""
    try:
        earlier = find_repeated(key)
    except KeyReused:
        message = "This Idempotency-Key was sent with another body. Use a new key for a new request."
        raise ApiError(KEY_REUSED, details=[ErrorDetail(NAME, message)]) from None
    if earlier is not None:
        call.response_headers[REPLAYED] = "true"
    return earlier


def run_once(
    call: ApiRequest,
    key: RequestKey | None,
    work: Callable[[ChangeContext], Result],
    replay: Callable[[IdempotencyKey], Result],
) -> Result:
    """Return the result of `work`, which stores the key in its transaction. If another request stored it
    first, return that of `replay`, even if `work` fails because of what the other request wrote."""
    if key is None:
        return work(call.context)
    try:
        with recheck_key(key):
            return work(replace(call.context, request_key=key))
    except (KeyInUse, KeyReused):
        earlier = find_earlier(call, key)
        if earlier is None:
            message = "A request with this Idempotency-Key is still running. Try again in a moment."
            raise ApiError(CONFLICT, message, headers={"Retry-After": "1"}) from None
        return replay(earlier)
