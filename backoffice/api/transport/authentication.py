"""Authentication by API keys in headers, never in the URL, which logs contain."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.api.errors import UNAUTHENTICATED, ApiError
from backoffice.api.transport.ratelimit import limit_address, limit_key
from backoffice.people.models import ApiKey


def presented_keys(request: HttpRequest) -> set[str]:
    """Return the API keys in the headers, valid or not."""
    presented = set()
    if (text := request.META.get("HTTP_X_API_KEY")) is not None:
        presented.add(text.strip())
    scheme, _space, text = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        presented.add(text.strip())
    return presented


def authenticate(request: HttpRequest) -> ApiKey:
    """Return the request's API key, which is the actor. Raises ApiError if it is missing or not valid, or if the
    client's address or the key exceeds its rate limit. The address is counted first, so that keys cannot be
    guessed at speed."""
    limit_address(request)
    key = _find_key(request)
    limit_key(request, key.pk)
    return key


def _find_key(request: HttpRequest) -> ApiKey:
    presented = presented_keys(request)
    if not presented:
        raise _unauthenticated(_("Send an API key in the header X-API-Key or as Authorization: Bearer."))
    if len(presented) > 1:
        raise _unauthenticated(_("The two headers have different API keys."))
    text = presented.pop()
    key = ApiKey.find(text) if text.isascii() and text.isprintable() else None
    if key is None:
        raise _unauthenticated(_("This API key is not valid: it is unknown, expired or inactive."))
    key.note_use()
    return key


def _unauthenticated(message: str) -> ApiError:
    return ApiError(UNAUTHENTICATED, message, headers={"WWW-Authenticate": "Bearer"})
