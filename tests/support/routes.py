"""Every route of the URL resolver, and an example address of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.urls import URLPattern, get_resolver

from backoffice.people.models import ApiKey
from backoffice.web.viewsets import all_viewsets


@dataclass(frozen=True)
class Route:
    """One URL pattern, from the root on."""

    pattern: str
    view: object

    @property
    def speaks_json(self) -> bool:
        """Whether the route is a JSON endpoint, which authenticates by key and ignores cookies."""
        return getattr(self.view, "csrf_exempt", False)

    def address(self, records, override=None) -> str:
        """Return a matching address, of an existing record where there is one. `override(name, model)` may return
        the value of a variable; None keeps the default."""

        def value(match):
            model = self.model(records)
            return (override(match[1], model) if override else None) or self._value(match[1], model)

        found = (
            without_converters(self.pattern)
            .replace("(?P<app_label>…)", "people")
            .replace("(?P<url>.*)", "nowhere")
            .replace("(?:/|$)", "/nowhere")
        )
        found = re.sub(r"<(?:\w+:)?(\w+)>", value, found)
        return "/" + re.sub(r"[$^]", "", found)

    def _value(self, name: str, model) -> str:
        plain = {"slug": "complaints", "version": "1", "name": "finish", "path": "label", "lat": "55", "long": "12",
                 "number": "1", "budget": "2", "uidb64": "MQ", "token": "x-y", "model": "facility.complaint"}  # fmt: skip
        if name == "name" and self.pattern.startswith("choices/"):
            return "object"
        if name in plain:
            return plain[name]
        found = model._base_manager.first() if model else None
        return str(found.pk) if found else "f" * 24

    def model(self, records):
        """Return the model that the route is about, if any."""
        if admin_match := re.match(r"admin/(\w+)/(\w+)/<", self.pattern):
            return apps.get_model(*admin_match.groups())
        first = self.pattern.split("/")
        slugs = {kind.slug: kind.model for kind in all_viewsets()}
        for part in first[:2]:
            if part in slugs:
                return slugs[part]
        return {"supportcase": type(records.case), "apiKeys": ApiKey, "api_key": ApiKey}.get(
            first[1] if len(first) > 1 else ""
        )


def without_converters(pattern: str) -> str:
    """Return the pattern without the types of its variables and without the labels of the apps in the admin."""
    return re.sub(r"<\w+:", "<", re.sub(r"(\(\?P<app_label>)[\w|]+\)", r"\1…)", pattern))


def every_route() -> list[Route]:
    """Return all routes, in the order of resolution."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns, before: str) -> Iterator[Route]:
    for entry in patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(pattern, entry.callback)
        else:
            yield from _walk(entry.url_patterns, pattern)
