"""Outcomes of a change to one record, with their reasons."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms.conflicts import ConflictNote, describe_conflicts, read_version
from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, DeletionRefused, Forbidden, RecordDeleted
from backoffice.records.models import Entity

DONE, NOTHING, REFUSED, CONFLICT = "done", "nothing", "refused", "conflict"
OUTCOME_LABELS = {
    DONE: gettext_lazy("Done"),
    NOTHING: gettext_lazy("Unchanged"),
    REFUSED: gettext_lazy("Rejected"),
    CONFLICT: gettext_lazy("Conflict"),
}


REFUSALS = (ValidationError, Forbidden, DeletionRefused, Conflict, RecordDeleted)
"""The exceptions with which the write service refuses a change."""


def outcome_for(
    record: Entity | None, base: int | None, actor: Actor, act: Callable[[], bool]
) -> tuple[str, str]:
    """Run `act` and return its outcome (one of `OUTCOME_LABELS`) and the reason. `act` returns whether it changed
    anything. `base` is the version that the user saw, if any."""
    try:
        done = act()
    except REFUSALS as error:
        return outcome_for_refusal(error, record, base, actor)
    return (DONE if done else NOTHING), ""


def outcome_for_refusal(
    error: Exception, record: Entity | None, base: int | None, actor: Actor
) -> tuple[str, str]:
    """Return the outcome and the reason for one of `REFUSALS`."""
    if isinstance(error, ValidationError):
        return REFUSED, " ".join(error.messages)
    if isinstance(error, Conflict):
        notes = describe_conflicts(record, error, base, actor, None) if base is not None else []
        return CONFLICT, " ".join(_sentence(note) for note in notes if note.control) or error.message
    if isinstance(error, RecordDeleted):
        return REFUSED, _("It was deleted in the meantime.")
    return REFUSED, str(error)


def _sentence(item: ConflictNote) -> str:
    """Describe a conflict: who changed what to which value."""
    if item.secret:
        return _("%(who)s changed “%(label)s” in the meantime.") % {"who": item.who, "label": item.label}
    sentence = _("%(who)s changed “%(label)s” to “%(theirs)s” in the meantime.")
    return sentence % {"who": item.who, "label": item.label, "theirs": item.theirs}


def base_versions(text: str) -> dict[str, int]:
    """Parse the versions of records that a page showed: `id:version id:version`."""
    pairs = (word.partition(":") for word in text.split())
    return {pk: version for pk, _sep, sent in pairs if (version := read_version(sent)) is not None}
