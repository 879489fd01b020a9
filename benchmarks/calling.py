"""In-process calls of an application: no socket and no client library, only what a server would do."""

import asyncio
import io
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes


def wsgi(application):
    """Return a function that sends a request to a WSGI application, and returns the response and its duration
    in µs."""

    def call(request: Request) -> tuple[Response, float]:
        address, body = urlsplit(request.path), request.body.encode()
        environ = {
            "REQUEST_METHOD": request.method, "PATH_INFO": address.path, "QUERY_STRING": address.query,
            "SCRIPT_NAME": "", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)) if body else "",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False,
        }  # fmt: skip
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        started = []
        begin = time.perf_counter()
        answer = application(
            environ, lambda status, headers, exc_info=None: started.append((status, headers))
        )
        content = b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        took = time.perf_counter() - begin
        status, headers = started[-1]
        response = Response(int(status.split()[0]), {name.lower(): value for name, value in headers}, content)
        return response, took * 1e6

    return call


def asgi(application):
    """Do the same for an ASGI application, on its own event loop."""
    loop = asyncio.new_event_loop()

    async def answer(scope, body):
        sent, parts = [], []

        async def receive():
            if sent:
                await asyncio.Event().wait()
            sent.append(True)
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            parts.append(message)

        await application(scope, receive, send)
        return parts

    def call(request: Request) -> tuple[Response, float]:
        address, body = urlsplit(request.path), request.body.encode()
        headers = {"host": "127.0.0.1", **request.headers}
        if body:
            headers["content-length"] = str(len(body))
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
            "scheme": "http", "path": address.path, "raw_path": address.path.encode(),
            "query_string": address.query.encode(), "root_path": "", "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8000),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        begin = time.perf_counter()
        parts = loop.run_until_complete(answer(scope, body))
        took = time.perf_counter() - begin
        first, *rest = parts
        content = b"".join(part.get("body", b"") for part in rest)
        response_headers = {name.decode(): value.decode() for name, value in first["headers"]}
        return Response(first["status"], response_headers, content), took * 1e6

    return call
