"""Every route that the resolver knows, and an address of each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.urls import URLPattern, get_resolver

from backoffice.people.models import ApiKey
from backoffice.web.viewsets import all_viewsets


@dataclass(frozen=True)
class Route:
    """One pattern: `pattern` as the resolver has it, from the root on."""

    pattern: str
    view: object

    @property
    def speaks_json(self) -> bool:
        """Whether scripts come here with keys, and cookies count for nothing."""
        return getattr(self.view, "csrf_exempt", False)

    def address(self, records, told=None) -> str:
        """An address that it matches, of a record that is there where there is one. `told(name, model)` may say
        what stands for one of its variables; None leaves it as usual."""

        def value(match):
            model = self.model(records)
            return (told(match[1], model) if told else None) or self._value(match[1], model)

        found = self.pattern.replace("(?P<app_label>people|records|auth|facility|supportdesk)", "people")
        found = found.replace("(?P<url>.*)", "nowhere").replace("(?:/|$)", "/nowhere")
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
        """What it is about, if it is about records."""
        if of_admin := re.match(r"admin/(\w+)/(\w+)/<", self.pattern):
            return apps.get_model(*of_admin.groups())
        first = self.pattern.split("/")
        slugs = {kind.slug: kind.model for kind in all_viewsets()}
        for part in first[:2]:
            if part in slugs:
                return slugs[part]
        return {"supportcase": type(records.case), "apiKeys": ApiKey, "api_key": ApiKey}.get(
            first[1] if len(first) > 1 else ""
        )


def plain(pattern: str) -> str:
    """The pattern without what its variables have to look like."""
    return re.sub(r"<\w+:", "<", pattern)


def every_route() -> list[Route]:
    """All of them, in the order in which they are tried."""
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns, before: str) -> Iterator[Route]:
    for entry in patterns:
        pattern = before + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Route(pattern, entry.callback)
        else:
            yield from _walk(entry.url_patterns, pattern)
