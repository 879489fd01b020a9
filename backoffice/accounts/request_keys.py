"""Request keys: each rendered form carries one, so that a form submitted twice is processed once.

A key is signed and bound to the user whom the form was rendered for. `records.idempotency` records the used
keys.
"""

import secrets
from itertools import count

from django.conf import settings
from django.core import signing
from django.http import HttpRequest

from backoffice.records.idempotency import RequestKey, hash_parts

KEY_FIELD = "request-key"
_SALT = "backoffice.signin.request_key"
_NOT_CONTENT = frozenset({"csrfmiddlewaretoken", KEY_FIELD})


def issue_request_key(request: HttpRequest) -> str:
    """Create the key of one rendered form. All forms of a page share the signed part; a number follows it."""
    if not hasattr(request, "_signed_key"):
        request._signed_key = signing.TimestampSigner(salt=_SALT).sign(
            f"{request.user.pk}.{secrets.token_urlsafe(12)}"
        )
        request._form_numbers = count(1)
    return f"{request._signed_key}~{next(request._form_numbers)}"


def find_key_owner(text: str) -> str | None:
    """Return the id of the user whom a form with this key was rendered for; None if the key is invalid or has
    expired."""
    try:
        signed = text.partition("~")[0]
        value = signing.TimestampSigner(salt=_SALT).unsign(signed, max_age=settings.SESSION_COOKIE_AGE)
    except signing.BadSignature:
        return None
    return value.partition(".")[0]


def form_key(request: HttpRequest) -> RequestKey | None:
    """Return the key of a submitted form, None without a valid key of this user. The same form with other content
    is an error (`KeyReused`)."""
    return _key(request, request.path, "", _hash_body(request))


def content_key(request: HttpRequest) -> RequestKey | None:
    """Return the key of a submitted form and its content. The same form with other content is a new request."""
    return _key(request, request.path, _hash_body(request), "")


def _hash_body(request: HttpRequest) -> str:
    parts = [
        part
        for name, values in sorted(request.POST.lists())
        if name not in _NOT_CONTENT
        for part in (name, *values)
    ]
    for name, files in sorted(request.FILES.lists()):
        parts += [name, *(f"{file.name} {file.size}" for file in files)]
    return hash_parts(*parts)


def part_key(request: HttpRequest, path: str, *parts: str) -> RequestKey | None:
    """Return the key of a part of a form, such as an added text; a different text gives a different key."""
    return _key(request, path, hash_parts(*parts), "")


def _key(request: HttpRequest, path: str, part: str, body_digest: str) -> RequestKey | None:
    text = request.POST.get(KEY_FIELD, "")
    if not text or find_key_owner(text) != request.user.pk:
        return None
    return RequestKey(
        caller=f"user:{request.user.pk}", path=path, key=f"{text}{part}", body_digest=body_digest
    )
