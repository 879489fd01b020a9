"""What can go wrong when a record is changed, apart from Django's ValidationError for a broken rule."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class Forbidden(PermissionDenied):
    """The actor may see the record but not do this to it. `property` names what is out of bounds, if one is."""

    def __init__(self, message: str = "", property: str | None = None):
        super().__init__(message or _("You may not do this."))
        self.property = property


class Gone(Exception):
    """The record was removed while it was being changed."""


@dataclass(frozen=True)
class PropertyConflict:
    """One property that two people changed. Values are plain ones (see `properties`); `who` is a name kept
    as text, `via` a door. A hashed property has None for all three values."""

    property: str
    base: object
    mine: object
    theirs: object
    who: str
    when: datetime | None
    via: str


class Conflict(Exception):
    """Somebody else changed the same properties meanwhile; nothing was written. A `is_combined` one is of edits that
    are fine one by one and not together: no choice between two values settles it."""

    def __init__(self, clashes: list[PropertyConflict], message: str = "", is_combined: bool = False):
        self.clashes = clashes
        self.is_combined = is_combined
        self.message = message or _("Somebody else has changed this meanwhile.")
        super().__init__(self.message)


class InUse(Exception):
    """The record cannot be removed: `dependants` are what points at it, in words. A `message` says what else speaks
    against it."""

    def __init__(self, dependants: list[str], message: str = ""):
        self.dependants = dependants
        listed = {"listed": ", ".join(dependants)}
        super().__init__(message or _("This cannot be removed: %(listed)s depend on it.") % listed)
