"""Keyboard shortcuts, as the help lists them. `static/shortcuts.js` handles them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Shortcut:
    """A key and its effect. The script finds the element to activate by its attribute `data-shortcut`."""

    key: str
    description: str


SHORTCUTS = (
    (
        _("Everywhere"),
        (
            Shortcut("?", _("show these shortcuts")),
            Shortcut("/", _("search everything")),
            Shortcut("Esc", _("leave a field, close what is open")),
        ),
    ),
    (
        _("In a list"),
        (
            Shortcut("j", _("next row")),
            Shortcut("k", _("previous row")),
            Shortcut("o", _("open it (or Enter)")),
            Shortcut("n", _("new")),
        ),
    ),
    (
        _("On a record page"),
        (
            Shortcut("e", _("edit: go to the first field")),
            Shortcut("s", _("save")),
            Shortcut("m", _("assign to me")),
            Shortcut("c", _("write an internal note")),
            Shortcut("w", _("comment for the customer")),
            Shortcut("a", _("reply to the customer")),
            Shortcut("j", _("next in the list")),
            Shortcut("k", _("previous in the list")),
            Shortcut("u", _("back to the list")),
            Shortcut("p", _("print")),
        ),
    ),
)
