"""Who acts, and by which door. `people` has the actors; here is what a record needs to know of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from backoffice.records.idempotency import RequestKey


class Actor(Protocol):
    """Whoever changes or reads records: a user, an API key acting for one, or the installation itself."""

    user_id: str | None
    """The user behind the change, None for the installation."""

    company_id: str | None
    """The company whose records are the actor's, None for the installation."""

    customer_id: str | None
    """The customer whose part of the company is all that the actor sees; None for the company's own people."""

    is_superuser: bool
    """Whether every company's records are the actor's."""

    history_name: str
    """Kept as text in history rows, so that they still read well when the user is gone."""

    company_language: str
    """The language by which menus are sorted for this actor."""

    def may(self, action: str, target, property: str | None = None) -> bool:
        """Whether `action` (view, add, change, delete, …) on a record or a model is allowed; with `property`,
        whether that property is."""
        ...

    def scope(self, queryset: models.QuerySet) -> models.QuerySet:
        """The rows of a queryset that exist for this actor."""
        ...

    def find_visible(self, model: type[models.Model], pk: str) -> models.Model | None:
        """The record with an id, if it exists for this actor: the only one that `scope` leaves of those."""
        ...


STAFF = _("Staff")
"""What all of a company's own people are called towards people from outside."""


def is_outsider(user_id: str | None, actor: Actor) -> bool:
    """Whether an actor from outside may see a name: a command's, their own, or that of a person visible to them."""
    if user_id in (None, actor.user_id):
        return True
    outsiders = getattr(actor, "_outsiders", None)
    if outsiders is None:  # a page has many changes
        users = get_user_model().objects.visible_to(actor)
        outsiders = actor._outsiders = set(users.exclude(customer=None).values_list("pk", flat=True))
    return user_id in outsiders


class Channel(models.TextChoices):
    """The ways in."""

    BROWSER = "browser", _("in the browser")
    ADMIN = "admin", _("in the administration")
    JSON = "json", _("over JSON")
    BULK = "bulk", _("in bulk")
    COMMAND = "command", _("by command")


@dataclass(frozen=True)
class ChangeContext:
    """How a change came in: a door, and the id of the request that brought it. With a `request_key` the change is made
    once, however often the request is sent: another one raises `idempotency.KeyInUse`."""

    channel: str
    request_id: str = ""
    request_key: "RequestKey | None" = None


class Installation:
    """The installation itself, at work through a command: it may do everything, to every company's records."""

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
