"""The header `Idempotency-Key`: a POST that is sent again is answered by what the first one made."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest

from backoffice.api.errors import CONFLICT, INVALID, REUSED, ApiError, ErrorDetail
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
Made = TypeVar("Made")


def find_key(call: ApiRequest, body_digest: str, status: int = 200) -> RequestKey | None:
    """The key of a POST, if it came with one. Raises a Problem if the header cannot be a key."""
    text = sent_key(call.request)
    if text is None:
        return None
    try:
        check_key(text)
    except ValidationError as error:
        raise ApiError(INVALID, offences=[ErrorDetail.of(NAME, error)]) from None
    return RequestKey(
        caller=f"key:{call.actor.pk}",
        path=call.request.path.rstrip("/"),
        key=text,
        body_digest=body_digest,
        status=status,
    )


def sent_key(request: HttpRequest) -> str | None:
    """The header's text, on the requests that it means something to."""
    return request.META.get("HTTP_IDEMPOTENCY_KEY") if request.method == "POST" else None


def find_earlier(call: ApiRequest, key: RequestKey | None) -> IdempotencyKey | None:
    """The request that this one repeats. Raises a Problem if that one had another body."""
    try:
        earlier = find_repeated(key)
    except KeyReused:
        message = "This Idempotency-Key was sent with another body. Use a new key for a new request."
        raise ApiError(REUSED, offences=[ErrorDetail(NAME, message)]) from None
    if earlier is not None:
        call.request.is_replayed = True
    return earlier


def run_once(
    call: ApiRequest,
    key: RequestKey | None,
    work: Callable[[ChangeContext], Made],
    replay: Callable[[IdempotencyKey], Made],
) -> Made:
    """What `work` makes, which stores the key in its transaction; or `replay`, if another request did so first, also
    if `work` is refused because of what that one wrote."""
    if key is None:
        return work(call.via)
    try:
        with recheck_key(key):
            return work(replace(call.via, request_key=key))
    except (KeyInUse, KeyReused):
        earlier = find_earlier(call, key)
        if earlier is None:
            message = "A request with this Idempotency-Key is still running. Try again in a moment."
            raise ApiError(CONFLICT, message, headers={"Retry-After": "1"}) from None
        return replay(earlier)
