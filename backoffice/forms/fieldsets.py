"""The groups of a form: what a person would look for together."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

CUSTOMER, INTERNAL = "customer", "internal"
READERS = {CUSTOMER: _("For the customer"), INTERNAL: _("Only we see this")}


@dataclass(frozen=True, init=False)
class FieldGroup:
    """A titled group of properties; a tuple of names stands side by side. `tone` marks what the customer sees
    and what only we see; `readers` says who sees it, where that is somebody else."""

    title: str
    lines: tuple
    tone: str
    readers: str

    def __init__(self, title, *lines, tone="", readers=""):
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "readers", readers or READERS.get(tone, ""))
        object.__setattr__(self, "lines", lines)
        object.__setattr__(self, "tone", tone)

    def names(self) -> list[str]:
        """Its properties, in order."""
        return [name for line in self.lines for name in ((line,) if isinstance(line, str) else line)]
