"""Context processor for the frame of every page: the rail and the user's preferences."""

from dataclasses import dataclass

from django.utils.functional import cached_property

from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to
from backoffice.workplace.models import Preferences


@dataclass(frozen=True)
class RailEntry:
    """A link on the rail to the list of a record model; `current` on the pages of that model."""

    label: str
    icon: str
    url: str
    current: bool


class PageFrame:
    """The frame of a page, evaluated lazily: error pages and the sign-in page have no rail."""

    def __init__(self, request):
        self._request = request

    @cached_property
    def _viewsets(self) -> list[RecordViewSet]:
        user = getattr(self._request, "user", None)
        return viewsets_visible_to(user) if user is not None and user.is_authenticated else []

    @cached_property
    def preferences(self) -> Preferences | None:
        """The preferences of the signed-in user."""
        user = getattr(self._request, "user", None)
        return Preferences.for_user(user) if user is not None and user.is_authenticated else None

    def _entries(self, on_rail: bool) -> list[RailEntry]:
        match = self._request.resolver_match
        view_name = match.view_name if match else ""
        entries = []
        for viewset in self._viewsets:
            if viewset.on_rail == on_rail:
                is_current = view_name.startswith(f"{viewset.model._meta.app_label}:{viewset.name}_")
                entries.append(RailEntry(viewset.rail_label, viewset.icon, viewset.url("list"), is_current))
        return entries

    @cached_property
    def rail(self) -> list[RailEntry]:
        """The entries on the rail itself."""
        return self._entries(True)

    @cached_property
    def more(self) -> list[RailEntry]:
        """The entries under “More”."""
        return self._entries(False)


def frame(request):
    return {"frame": PageFrame(request)}
