"""What is answered before Django sees anything: gunicorn refuses a line that is no HTTP, an address that is too long,
headers that are too many."""

from gunicorn import util

from backoffice.web.middleware import HeadersMiddleware

HEADERS = HeadersMiddleware.HEADERS | {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
    "Content-Type": "text/plain; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def refuse(sock, status: int, reason: str, message: str) -> None:
    """In the place of gunicorn's own, which quotes what it was sent: the reason, and the headers of every answer."""
    body = f"{reason}\n"
    head = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in HEADERS.items())]
    util.write_nonblock(sock, "\r\n".join([*head, f"Content-Length: {len(body)}", "", body]).encode())
