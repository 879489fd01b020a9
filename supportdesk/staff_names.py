"""Names of support staff, for actors who may not see who at support handles a case."""

from django.utils.translation import gettext_lazy as _

SUPPORT = _("Support")
"""The name shown in their place."""


def hide_support_staff(value):
    """Return a comment or a reply, or a list of them, without the names of support staff."""
    if isinstance(value, list):
        return [hide_support_staff(each) for each in value]
    if isinstance(value, dict) and value.get("is_support"):
        return value | {"employee": None, "employee_name": str(SUPPORT)}
    if isinstance(value, dict) and "sender" in value:
        return value | {"author": None, "author_name": str(SUPPORT)}
    return value
