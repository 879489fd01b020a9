"""Middleware that gives empty error responses a readable page."""

from django.template.loader import render_to_string


class ReadableErrorsMiddleware:
    """Renders a page for every error response without a body, such as Django's own 405."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        is_empty = response.status_code >= 400 and not response.streaming and not response.content
        if is_empty and request.method != "HEAD":
            response.content = render_to_string("405.html" if response.status_code == 405 else "400.html")
            response.headers["Content-Type"] = "text/html; charset=utf-8"
            response.headers.pop("Content-Length", None)
        return response
