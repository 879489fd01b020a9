"""Groups of the fields of a form."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

CUSTOMER, INTERNAL = "customer", "internal"
READERS = {CUSTOMER: _("For the customer"), INTERNAL: _("Only staff see this")}


@dataclass(frozen=True, init=False)
class FieldGroup:
    """A titled group of properties. A tuple of names is one line of fields side by side. `tone` marks the
    group as visible to the customer or internal; `readers` replaces the default text about who can read
    it."""

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
        """Return the properties in order."""
        return [name for line in self.lines for name in ((line,) if isinstance(line, str) else line)]
