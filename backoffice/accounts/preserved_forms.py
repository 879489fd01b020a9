"""Preserved forms: input from a form that could not be processed is returned to the user who typed it, and to
no other user.

Each form contains a request key, signed and bound to the user it was rendered for, so a form that arrives
after its session has ended still identifies its user. The input is encrypted and embedded in the page that is
returned (the sign-in page, an error page); it is stored in a session only once that session belongs to the
same user. Guarded properties, passwords and codes are left out.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.datastructures import MultiValueDict

from backoffice.accounts.request_keys import KEY_FIELD, find_key_owner
from backoffice.records.fields import split_uri
from backoffice.records.models import Entity

FIELD = "preserved-form"
"""The form field in which a page carries a preserved form."""
SESSION_FIELD = "preserved_form"
LEFT_OUT_FIELD = "left-out"
"""Lists the fields of a preserved form that were left out, to tell them from fields that the user emptied."""
LIFETIME = 12 * 3600
"""Seconds for which a preserved form can be restored."""
MAX_CHARACTERS = 200_000
_SALT = "backoffice.signin.preserved_form"
_LEFT_OUT = frozenset({"csrfmiddlewaretoken", FIELD, "username-again", "code"})

SIGNED_OUT, EXPIRED, UNAVAILABLE, UNKNOWN, CONFIRM = "signed-out", "expired", "away", "unknown", "confirm"
"""Reasons why a form could not be processed."""


@dataclass(frozen=True, kw_only=True)
class PreservedForm:
    """A form as submitted: `path` is its target, `page` the page that contained it."""

    user_id: str
    path: str
    page: str
    reason: str = SIGNED_OUT
    values: dict[str, list[str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    has_files: bool = False
    has_secrets: bool = False
    is_too_long: bool = False

    @property
    def data(self) -> QueryDict:
        """The values, in the form of `request.POST`."""
        data = QueryDict(mutable=True)
        for name, values in self.values.items():
            data.setlist(name, values)
        data.setlist(LEFT_OUT_FIELD, self.left_out)
        return data

    def seal(self) -> str:
        """Encrypt the form; only this installation can decrypt it."""
        content = json.dumps(self.__dict__, separators=(",", ":")).encode(errors="surrogatepass")
        return _fernet().encrypt(zlib.compress(content)).decode()


def open_form(text: str) -> PreservedForm | None:
    """Decrypt the result of `seal`; None if it has expired or was not encrypted by this installation."""
    try:
        content = _fernet().decrypt(text.encode(errors="replace"), ttl=LIFETIME)
    except InvalidToken:
        return None
    return PreservedForm(**json.loads(zlib.decompress(content)))


def preserve(request: HttpRequest, reason: str, user_id: str | None = None) -> PreservedForm | None:
    """Preserve the body of a POST for the user who typed it: `user_id`, or else the owner of the request key.
    None if the user cannot be determined."""
    posted, files = _read_post(request)
    if earlier := open_form(posted.get(FIELD, "")):
        return earlier
    user_id = user_id or find_key_owner(posted.get(KEY_FIELD, ""))
    if user_id is None:
        return None
    values, left_out = {}, []
    for name, texts in posted.lists():
        if name in _LEFT_OUT:
            continue
        if any(texts) and is_secret(name):
            left_out.append(name)
        else:
            values[name] = texts
    path = request.get_full_path()
    is_too_long = sum(len(text) for texts in values.values() for text in texts) > MAX_CHARACTERS
    return PreservedForm(
        user_id=user_id,
        path=path,
        page=_find_page(request) or path,
        reason=reason,
        values={} if is_too_long else values,
        left_out=left_out,
        has_files=bool(files),
        has_secrets=bool(left_out),
        is_too_long=is_too_long,
    )


def store_form(request: HttpRequest, form: PreservedForm | None) -> str | None:
    """Store a form in the session of the user who typed it, and return the URL to redirect to. None for any
    other user."""
    request.session.pop(SESSION_FIELD, None)
    if form is None or not request.user.is_authenticated or form.user_id != request.user.pk:
        return None
    request.session[SESSION_FIELD] = form.seal()
    request.stores_form = True
    return form.page


def stored_form(request: HttpRequest) -> PreservedForm | None:
    """Return the preserved form in this session, if there is one."""
    text = request.session.get(SESSION_FIELD) if request.user.is_authenticated else None
    form = open_form(text) if text else None
    return form if form is not None and form.user_id == request.user.pk else None


def restored_data(request: HttpRequest, url_path: str) -> QueryDict | None:
    """Return the preserved values of a form at a URL path, or below it."""
    if SESSION_FIELD not in request.session:
        return None
    form = stored_form(request)
    path = split_uri(form.path).path if form and form.values else ""
    return form.data if path == url_path or path.startswith(f"{url_path}/") else None


def is_secret(name: str) -> bool:
    """Return whether a field is never preserved: passwords, codes and guarded properties."""
    lowered = name.lower()
    if "password" in lowered or "secret" in lowered:
        return True
    return name.split("-")[0] in _guarded_names() or any(is_left_out(name) for is_left_out in _secret_checks)


_secret_checks: list[Callable[[str], bool]] = []


def register_secret_fields(is_left_out: Callable[[str], bool]) -> Callable[[str], bool]:
    """Decorator: register a function that recognises further fields that are never preserved."""
    _secret_checks.append(is_left_out)
    return is_left_out


def _guarded_names() -> frozenset[str]:
    """Return the properties that need a permission to be seen. (Properties that all of the company's own
    staff see may be preserved.)"""
    models = (model for model in apps.get_models() if issubclass(model, Entity))
    properties = ((name, prop.guard) for model in models for name, prop in model.properties.items())
    return frozenset(name for name, guard in properties if guard and guard.permission)


def _read_post(request: HttpRequest) -> tuple[QueryDict, MultiValueDict]:
    try:
        return request.POST, request.FILES
    except (UnreadablePostError, MultiPartParserError, SuspiciousOperation, BadRequest):
        return QueryDict(), MultiValueDict()


def _find_page(request: HttpRequest) -> str | None:
    """Return the URL of the page that contained a form, from the `Referer`; None for htmx requests and other
    sites."""
    came_from = split_uri(request.META.get("HTTP_REFERER", ""))
    is_elsewhere = came_from.netloc != request.get_host() or came_from.path.startswith("//")
    if getattr(request, "htmx", False) or is_elsewhere or not came_from.path:
        return None
    return f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = (hashlib.sha256(f"{_SALT}.{key}".encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
