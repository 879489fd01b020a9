"""Actors and channels: who makes a change, and through which channel. `backoffice.people`
implements the `Actor` protocol."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from backoffice.records.idempotency import RequestKey


class Actor(Protocol):
    """Who changes or reads records: a user, an API key acting for a user, or the installation itself."""

    user_id: str | None
    """The user responsible for the change, None for the installation."""

    company_id: str | None
    """The company whose records the actor works with, None for the installation."""

    customer_id: str | None
    """The customer to whose part of the company the actor is restricted; None for the company's staff."""

    is_superuser: bool
    """Whether the actor works with the records of all companies."""

    history_name: str
    """The name of the actor. History rows store it as text, so that it stays readable after the user is deleted."""

    company_language: str
    """The language that menus are sorted by for this actor."""

    def may(self, action: str, target, property: str | None = None) -> bool:
        """Return whether `action` (view, add, change, delete, …) on a record or model is allowed; with
        `property`, whether that property is."""
        ...

    def scope(self, queryset: models.QuerySet) -> models.QuerySet:
        """Return the rows of a queryset that exist for this actor."""
        ...

    def find_visible(self, model: type[models.Model], pk: str) -> models.Model | None:
        """Return the record with an id if it exists for this actor: the one that `scope` would leave."""
        ...


STAFF_NAME = _("Staff")
"""How a company's staff are named to people from outside."""


def can_see_name(user_id: str | None, actor: Actor) -> bool:
    """Return whether an actor from outside may see the name of the author of a change: a command, themselves,
    or an outsider visible to them."""
    if user_id in (None, actor.user_id):
        return True
    outsiders = getattr(actor, "_outsiders", None)
    if outsiders is None:  # cached: a page shows many changes
        users = get_user_model().objects.visible_to(actor)
        outsiders = actor._outsiders = set(users.exclude(customer=None).values_list("pk", flat=True))
    return user_id in outsiders


class Channel(models.TextChoices):
    """The channels by which changes come in."""

    BROWSER = "browser", _("in the browser")
    ADMIN = "admin", _("in admin")
    JSON = "json", _("via API")
    BULK = "bulk", _("by bulk edit")
    COMMAND = "command", _("from the command line")


@dataclass(frozen=True)
class ChangeContext:
    """The channel and the request id of a change. With a `request_key` the change is made
    once, however often the request is sent: a concurrent one raises `idempotency.KeyInUse`."""

    channel: str
    request_id: str = ""
    request_key: "RequestKey | None" = None


class Installation:
    """The installation itself, acting through a command: it may do everything to the records of all
    companies."""

    user_id = None
    customer_id = None
    is_superuser = True
    pk = None

    def __init__(self, company_id: str | None = None, name: str = "command line"):
        self.company_id = company_id
        self.history_name = name
        self.company_language = "en"

    def may(self, action, target, property=None):
        return True

    def scope(self, queryset):
        return queryset

    def find_visible(self, model, pk):
        return model._default_manager.filter(pk=pk).first()
