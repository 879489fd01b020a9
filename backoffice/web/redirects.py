"""Where somebody goes on after they did something: to the page that they came from, and never to another house."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 4000


def redirect_target(request: HttpRequest, otherwise: str) -> str:
    """The address that was sent as `next`, if it is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours and len(asked) <= LONGEST else otherwise
