"""What every page shows around its content: the rail, the search box, the person."""

from dataclasses import dataclass

from django.utils.functional import cached_property

from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to
from backoffice.workplace.models import Preferences


@dataclass(frozen=True)
class RailEntry:
    """A desk on the rail; `current` if the page belongs to it."""

    label: str
    icon: str
    url: str
    current: bool


class PageFrame:
    """Worked out only when a template asks: error pages and sign-in have no rail."""

    def __init__(self, request):
        self._request = request

    @cached_property
    def _kinds(self) -> list[RecordViewSet]:
        user = getattr(self._request, "user", None)
        return viewsets_visible_to(user) if user is not None and user.is_authenticated else []

    @cached_property
    def preferences(self) -> Preferences | None:
        """Those of whoever has signed in."""
        user = getattr(self._request, "user", None)
        return Preferences.of(user) if user is not None and user.is_authenticated else None

    def _entries(self, on_rail: bool) -> list[RailEntry]:
        match = self._request.resolver_match
        here = match.view_name if match else ""
        entries = []
        for kind in self._kinds:
            if kind.on_rail == on_rail:
                mine = here.startswith(f"{kind.model._meta.app_label}:{kind.name}_")
                entries.append(RailEntry(kind.rail_label, kind.icon, kind.url("list"), mine))
        return entries

    @cached_property
    def rail(self) -> list[RailEntry]:
        """What most people came for."""
        return self._entries(True)

    @cached_property
    def more(self) -> list[RailEntry]:
        """What is needed now and then."""
        return self._entries(False)


def frame(request):
    return {"frame": PageFrame(request)}
