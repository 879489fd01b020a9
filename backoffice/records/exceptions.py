"""The errors of a change of a record, besides Django's ValidationError."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class Forbidden(PermissionDenied):
    """The actor may see the record but not do this to it. `property` is the name of the forbidden property,
    if it is one."""

    def __init__(self, message: str = "", property: str | None = None):
        super().__init__(message or _("You do not have permission to do this."))
        self.property = property


class RecordDeleted(Exception):
    """The record was deleted while it was being changed."""


@dataclass(frozen=True)
class PropertyConflict:
    """One property that two people changed. Values are plain ones (see `properties`), None for a hashed
    property; `who` is a name kept as text, `via` a channel."""

    property: str
    base: object
    mine: object
    theirs: object
    who: str
    when: datetime | None
    via: str


class Conflict(Exception):
    """Others have changed the same properties meanwhile; nothing was written. With `is_combined`, the edits
    are valid one by one but not together: choosing between two values does not resolve it."""

    def __init__(self, conflicts: list[PropertyConflict], message: str = "", is_combined: bool = False):
        self.conflicts = conflicts
        self.is_combined = is_combined
        self.message = message or _("Someone else has changed this in the meantime.")
        super().__init__(self.message)


class DeletionRefused(Exception):
    """The record cannot be deleted. `dependants` describes what refers to it, `message` any other reason."""

    def __init__(self, dependants: list[str], message: str = ""):
        self.dependants = dependants
        listed = {"listed": ", ".join(dependants)}
        super().__init__(
            message or _("This cannot be deleted because other records depend on it: %(listed)s.") % listed
        )
