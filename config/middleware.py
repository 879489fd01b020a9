"""What only the whole can say: which requests need no browser's belongings."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.urls import resolve

from backoffice.lists.query_strings import find_undecodable
from config.interfaces import FACILITY, SUPPORT_DESK

PREFIXES = tuple(f"/{interface.prefix}/" for interface in (FACILITY, SUPPORT_DESK))


class ScriptsFirst:
    """Requests to the JSON interfaces go straight to their views. A script has no session, no language but what it asks
    for, no messages to be shown and nothing that another site could ride on: what comes after this is for pages."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIXES):
            return self.get_response(request)
        request.get_host()  # refuses hosts that are not ours
        request.resolver_match = match = resolve(request.path_info)
        response = match.func(request, *match.args, **match.kwargs)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class QueryStringMiddleware:
    """Refuse query strings that are not UTF-8 with a 400 page. (The JSON interfaces do so in their dialects.)"""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query_string = request.META.get("QUERY_STRING", "")
        if query_string and find_undecodable(query_string):
            raise BadRequest("The query string is not UTF-8.")
        return self.get_response(request)
