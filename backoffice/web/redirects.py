"""Safe redirects: return to `next` if it is a path on this site."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

MAX_LENGTH = 4000


def redirect_target(request: HttpRequest, default: str) -> str:
    """Return the request's parameter `next` if it is a path on this site, else the default."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    is_local = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_local and len(url) <= MAX_LENGTH else default
