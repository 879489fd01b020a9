"""Who sent a request: an API key in a header, never in the address, where logs would keep it."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from backoffice.api.errors import UNAUTHENTICATED, ApiError
from backoffice.people.models import ApiKey


def presented_keys(request: HttpRequest) -> set[str]:
    """The texts that came where a key is looked for."""
    presented = set()
    if (given := request.META.get("HTTP_X_API_KEY")) is not None:
        presented.add(given.strip())
    scheme, _space, given = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        presented.add(given.strip())
    return presented


def key_of(request: HttpRequest) -> ApiKey:
    """The key that the request came with; it is the actor. Raises a Problem if there is no valid one."""
    presented = presented_keys(request)
    if not presented:
        raise _refused(_("Send an API key in the header X-API-Key or as Authorization: Bearer."))
    if len(presented) > 1:
        raise _refused(_("The two headers have different API keys."))
    text = presented.pop()
    key = ApiKey.find(text) if text.isascii() and text.isprintable() else None
    if key is None:
        raise _refused(_("This API key is not valid: unknown, expired or switched off."))
    key.note_use()
    return key


def _refused(message: str) -> ApiError:
    return ApiError(UNAUTHENTICATED, message, headers={"WWW-Authenticate": "Bearer"})
