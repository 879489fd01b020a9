"""The reference of the interfaces as pages for people, made from the same description that machines read."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from backoffice.api.operations import Interface


def reference_urls(interfaces: Mapping[str, Interface]) -> list:
    """The addresses of the reference: an overview, and a page for each interface by its name."""

    def overview(request: HttpRequest) -> HttpResponse:
        pages = [(interface.title, reverse(f"reference_{name}")) for name, interface in interfaces.items()]
        return render(request, "api/overview.html", {"pages": pages})

    def page(request: HttpRequest, name: str) -> HttpResponse:
        return render(request, "api/reference.html", {"interface": interfaces[name]})

    return [
        path("docs/api", overview, name="reference"),
        *(path(f"docs/api/{name}", page, {"name": name}, name=f"reference_{name}") for name in interfaces),
    ]
