"""The public URL of the installation."""

import os

from django.conf import settings


def public_url() -> str:
    """Return the URL that links in e-mails start with: `PUBLIC_URL`, or else the first name in
    ALLOWED_HOSTS."""
    if settings.PUBLIC_URL:
        return settings.PUBLIC_URL
    hosts = [host for host in settings.ALLOWED_HOSTS if "*" not in host and not host.startswith(".")]
    host = hosts[0] if hosts else "localhost"
    if settings.SECURE_SSL_REDIRECT:
        return f"https://{host}"
    is_local = host in ("localhost", "127.0.0.1", "[::1]")
    return f"http://{host}:{os.environ.get('PORT', '8000')}" if is_local else f"http://{host}"
