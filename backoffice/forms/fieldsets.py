"""Groups of the fields of a form."""

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.records.models import Entity

CUSTOMER, INTERNAL = "customer", "internal"
READERS = {CUSTOMER: _("For the customer"), INTERNAL: _("Only staff see this")}


class FieldGroup:
    """A titled group of properties. A tuple of names is one line of fields side by side. `tone` marks the
    group as visible to the customer or internal; `readers` replaces the default text about who can read
    it."""

    def __init__(self, title: str, *lines: str | tuple[str, ...], tone="", readers=""):
        self.title, self.lines, self.tone = title, lines, tone
        self.readers = readers or READERS.get(tone, "")

    def names(self) -> list[str]:
        """Return the properties in order."""
        return [name for line in self.lines for name in ((line,) if isinstance(line, str) else line)]


ADMINISTRATIVE = ("number", "status")
NOT_IN_FORMS = ("chat_id",)
"""Properties that only other systems set."""


def default_groups(model: type[Entity]) -> tuple[FieldGroup, ...]:
    """Return the groups of a form that declares none: all properties of the model that users may set, in its order."""
    names = [
        name
        for name, prop in model.properties.items()
        if not prop.derived and name not in NOT_IN_FORMS and (prop.many or prop.field.editable)
    ]
    own = [name for name in names if name not in ADMINISTRATIVE]
    administrative = [name for name in ADMINISTRATIVE if name in names]
    return (
        FieldGroup(capfirst(model._meta.verbose_name), *own),
        FieldGroup(_("Administrative"), tuple(administrative)),
    )
