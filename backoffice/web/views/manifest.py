"""The web app manifest and `/favicon.ico`."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def serve_manifest(request: HttpRequest) -> HttpResponse:
    """Return what a browser needs to install the web app: its name, icons, colours and start page."""
    return HttpResponse(render_to_string("web/manifest.json"), content_type="application/manifest+json")


@require_safe
def redirect_favicon(request: HttpRequest) -> HttpResponse:
    """Redirect the default icon URL, which some clients request unasked, to the icon."""
    return redirect(static("icon-192.png"))
