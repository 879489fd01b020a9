"""Keyboard shortcuts, as the help lists them. `static/keys.js` handles them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Shortcut:
    """A key and its effect. The script finds the element to activate by its attribute `data-key`."""

    key: str
    does: str


SHORTCUTS = (
    (
        _("Everywhere"),
        (
            Shortcut("?", _("show these keys")),
            Shortcut("/", _("search everything")),
            Shortcut("Esc", _("leave a field, close what is open")),
        ),
    ),
    (
        _("In a list"),
        (
            Shortcut("j", _("next line")),
            Shortcut("k", _("previous line")),
            Shortcut("o", _("open it (so does Enter)")),
            Shortcut("n", _("new")),
        ),
    ),
    (
        _("On a record's page"),
        (
            Shortcut("e", _("edit: to the first field")),
            Shortcut("s", _("save")),
            Shortcut("m", _("assign to me")),
            Shortcut("c", _("comment: only we read it")),
            Shortcut("w", _("write to the customer")),
            Shortcut("a", _("answer the customer")),
            Shortcut("j", _("next in the list")),
            Shortcut("k", _("previous in the list")),
            Shortcut("u", _("back to the list")),
            Shortcut("p", _("print")),
        ),
    ),
)
