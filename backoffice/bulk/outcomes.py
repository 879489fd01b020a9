"""What became of one record when many were changed: one of a few words, and why."""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.forms.conflicts import ConflictNote, describe_conflicts
from backoffice.records.actors import Actor
from backoffice.records.exceptions import Conflict, Forbidden, Gone, InUse
from backoffice.records.models import Entity

DONE, NOTHING, REFUSED, CONFLICT = "done", "nothing", "refused", "conflict"
WORDS = {
    DONE: gettext_lazy("Done"),
    NOTHING: gettext_lazy("Nothing to do"),
    REFUSED: gettext_lazy("Refused"),
    CONFLICT: gettext_lazy("Conflict"),
}


REFUSALS = (ValidationError, Forbidden, InUse, Conflict, Gone)
"""What `records` raises when it does not do something to a record."""


def outcome_for(
    record: Entity | None, base: int | None, actor: Actor, act: Callable[[], bool]
) -> tuple[str, str]:
    """(one of `WORDS`, why) after `act` has said whether there was anything to do. `base` is the version that
    somebody saw before they chose, if they were shown one."""
    try:
        done = act()
    except REFUSALS as error:
        return outcome_for_refusal(error, record, base, actor)
    return (DONE if done else NOTHING), ""


def outcome_for_refusal(
    error: Exception, record: Entity | None, base: int | None, actor: Actor
) -> tuple[str, str]:
    """(one of `WORDS`, why) for an error of `REFUSALS`."""
    if isinstance(error, ValidationError):
        return REFUSED, " ".join(error.messages)
    if isinstance(error, Conflict):
        return CONFLICT, conflict_in_words(record, error, base, actor)
    if isinstance(error, Gone):
        return REFUSED, _("It was removed meanwhile.")
    return REFUSED, str(error)


def conflict_in_words(record: Entity, conflict: Conflict, base: int | None, actor: Actor) -> str:
    """A conflict in a sentence: who made what of it meanwhile."""
    found = describe_conflicts(record, conflict, base, actor, None) if base is not None else []
    sentences = [_sentence(item) for item in found if item.control]
    return " ".join(sentences) or conflict.message


def _sentence(item: ConflictNote) -> str:
    if item.secret:
        return _("%(who)s changed “%(label)s” meanwhile.") % {"who": item.who, "label": item.label}
    said = _("%(who)s changed “%(label)s” meanwhile to “%(theirs)s”.")
    return said % {"who": item.who, "label": item.label, "theirs": item.theirs}


def base_versions(text: str) -> dict[str, int]:
    """The version of each record as a page showed it: `id:version id:version`."""
    pairs = (word.partition(":") for word in text.split())
    return {pk: int(version) for pk, _sep, version in pairs if version.isdecimal() and len(version) < 18}
