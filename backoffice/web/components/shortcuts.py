"""The keys that do something on the pages; `static/keys.js` listens to them."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Key:
    """A key and what it does; the scripts find what it presses by `data-key`."""

    key: str
    does: str


KEYS = (
    (
        _("Everywhere"),
        (
            Key("?", _("show these keys")),
            Key("/", _("search everything")),
            Key("Esc", _("leave a field, close what is open")),
        ),
    ),
    (
        _("In a list"),
        (
            Key("j", _("next line")),
            Key("k", _("previous line")),
            Key("o", _("open it (so does Enter)")),
            Key("n", _("new")),
        ),
    ),
    (
        _("On a record's page"),
        (
            Key("e", _("edit: to the first field")),
            Key("s", _("save")),
            Key("m", _("assign to me")),
            Key("c", _("comment: only we read it")),
            Key("w", _("write to the customer")),
            Key("a", _("answer the customer")),
            Key("j", _("next in the list")),
            Key("k", _("previous in the list")),
            Key("u", _("back to the list")),
            Key("p", _("print")),
        ),
    ),
)
