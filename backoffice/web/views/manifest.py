"""The web app manifest and `/favicon.ico`."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

ICONS = (
    ("caretaker.svg", "any", "image/svg+xml", "any"),
    ("icon-192.png", "192x192", "image/png", "any"),
    ("icon-512.png", "512x512", "image/png", "any"),
    ("icon-maskable.png", "512x512", "image/png", "maskable"),
)
"""(file, sizes, type, purpose) of each; scripts/icons.py draws the PNG files from the SVG file."""


@require_safe
def serve_manifest(request: HttpRequest) -> HttpResponse:
    """Return what a browser needs to install the web app: its name, icons, colours and start page."""
    home = reverse("web:home")
    return JsonResponse(
        {
            "id": home,
            "name": "Caretaker",
            "short_name": "Caretaker",
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "theme_color": "#0f6e69",
            "background_color": "#f5f6f6",
            "icons": [
                {"src": static(name), "sizes": sizes, "type": content_type, "purpose": purpose}
                for name, sizes, content_type, purpose in ICONS
            ],
        },
        content_type="application/manifest+json",
    )


@require_safe
def redirect_favicon(request: HttpRequest) -> HttpResponse:
    """Redirect the default icon URL, which some clients request unasked, to the icon."""
    return redirect(static("icon-192.png"))
