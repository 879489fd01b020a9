"""The address under which people reach the product."""

import os

from django.conf import settings


def public_url() -> str:
    """Return what links in mails begin with: `PUBLIC_URL`, or else the first name that the product answers to."""
    if settings.PUBLIC_URL:
        return settings.PUBLIC_URL
    named = [host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")]
    host = named[0] if named else "localhost"
    if settings.SECURE_SSL_REDIRECT:
        return f"https://{host}"
    is_here = host in ("localhost", "127.0.0.1", "[::1]")
    return f"http://{host}:{os.environ.get('PORT', '8000')}" if is_here else f"http://{host}"
