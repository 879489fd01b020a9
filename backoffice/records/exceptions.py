"""The errors of a change of a record, besides Django's ValidationError."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _


class Forbidden(PermissionDenied):
    """The actor may see the record but not do this to it. `properties` are the names of the forbidden properties,
    if it is about some."""

    def __init__(self, message: str = "", *properties: str) -> None:
        super().__init__(message or _("You do not have permission to do this."))
        self.properties = properties


class RecordDeleted(Exception):
    """The record was deleted while it was being changed."""


class EntryError(ValidationError):
    """The error of one entry of a list. `place` is the index of the entry."""

    place: int

    @classmethod
    def at(cls, place: int, error: ValidationError) -> "EntryError":
        entry_error = cls(error.message, error.code, error.params)
        entry_error.place = place
        return entry_error


@dataclass(frozen=True)
class PropertyConflict:
    """One property that two people changed. Values are plain ones (see `properties`), None for a hashed
    property; `who` is a name kept as text, `via` a channel. `choice` is the side that the editor has chosen, if
    other conflicts remain."""

    property: str
    base: object
    mine: object
    theirs: object
    who: str
    when: datetime | None
    via: str
    choice: str = ""


class Conflict(Exception):
    """Others have changed the same properties meanwhile; nothing was written. With `is_combined`, the edits
    are valid one by one but not together: choosing between two values does not resolve it."""

    def __init__(
        self, conflicts: list[PropertyConflict], message: str = "", is_combined: bool = False
    ) -> None:
        self.conflicts = conflicts
        self.is_combined = is_combined
        self.message = message or _("This was changed in the meantime.")
        super().__init__(self.message)


class DeletionRefused(Exception):
    """The record cannot be deleted. `dependants` describes what refers to it, `message` any other reason."""

    def __init__(self, dependants: list[str], message: str = "") -> None:
        self.dependants = dependants
        listed = {"listed": ", ".join(dependants)}
        super().__init__(
            message or _("This cannot be deleted because other records depend on it: %(listed)s.") % listed
        )
