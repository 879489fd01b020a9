"""Context processor for the frame of every page: the rail and the user's preferences."""

from django.utils.functional import cached_property

from backoffice.notifications.services import MAX_COUNT, count_unread
from backoffice.web.viewsets import RecordViewSet, viewsets_visible_to
from backoffice.workplace.models import Preferences


class PageFrame:
    """The frame of a page, evaluated lazily: error pages and the sign-in page have no rail."""

    def __init__(self, request):
        self._request = request

    @cached_property
    def _user(self):
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def preferences(self) -> Preferences | None:
        """The preferences of the signed-in user."""
        return Preferences.for_user(self._user) if self._user else None

    @cached_property
    def unread(self) -> int:
        """The number of unread notifications."""
        return count_unread(self._user) if self._user else 0

    @property
    def has_more_unread(self) -> bool:
        """Whether there are more than the bell counts."""
        return self.unread > MAX_COUNT

    @cached_property
    def _viewsets(self) -> list[tuple[RecordViewSet, bool]]:
        """The view sets that the user may see, each with whether this is one of its pages."""
        match = self._request.resolver_match
        view_name = match.view_name if match else ""
        visible = viewsets_visible_to(self._user) if self._user else []
        return [(viewset, view_name.startswith(viewset.route(""))) for viewset in visible]

    @property
    def rail(self) -> list[tuple[RecordViewSet, bool]]:
        """The entries on the rail itself."""
        return [entry for entry in self._viewsets if entry[0].on_rail]

    @property
    def more(self) -> list[tuple[RecordViewSet, bool]]:
        """The entries under “More”."""
        return [entry for entry in self._viewsets if not entry[0].on_rail]


def frame(request):
    return {"frame": PageFrame(request)}
