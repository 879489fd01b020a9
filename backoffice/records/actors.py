"""Actors and channels: who makes a change, and through which channel. `backoffice.people`
implements the `Actor` protocol."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from django.contrib.auth import get_user_model
from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from backoffice.records.idempotency import RequestKey

QuerySetT = TypeVar("QuerySetT", bound=models.QuerySet[Any])
ModelT = TypeVar("ModelT", bound=models.Model)


class Actor(Protocol):
    """Who changes or reads records: a user, an API key acting for a user, or the installation itself."""

    @property
    def user_id(self) -> str | None:
        """The user responsible for the change, None for the installation."""

    @property
    def company_id(self) -> str | None:
        """The company whose records the actor works with, None for the installation."""

    @property
    def customer_id(self) -> str | None:
        """The customer to whose part of the company the actor is restricted; None for the company's staff."""

    @property
    def is_superuser(self) -> bool:
        """Whether the actor works with the records of all companies."""

    @property
    def history_name(self) -> str:
        """The name of the actor. History rows store it as text, so that it stays readable after the user is deleted."""

    @property
    def company_language(self) -> str:
        """The language that menus are sorted by for this actor."""

    def may(
        self, action: str, target: models.Model | type[models.Model], property: str | None = None
    ) -> bool:
        """Return whether `action` (view, add, change, delete, …) on a record or model is allowed; with
        `property`, whether that property is."""
        ...

    def scope(self, queryset: QuerySetT) -> QuerySetT:
        """Return the rows of a queryset that exist for this actor."""
        ...

    def find_visible(self, model: type[ModelT], pk: str) -> ModelT | None:
        """Return the record with an id if it exists for this actor: the one that `scope` would leave."""
        ...


STAFF_NAME = _("Staff")
"""How a company's staff are named to people from outside."""


def can_see_name(user_id: str | None, actor: Actor) -> bool:
    """Return whether an actor from outside may see the name of the author of a change: a command, themselves,
    or an outsider visible to them."""
    if user_id in (None, actor.user_id):
        return True
    outsiders: set[str] | None = vars(actor).get("_outsiders")
    if outsiders is None:  # cached: a page shows many changes
        users = get_user_model().objects.visible_to(actor)
        outsiders = set(users.exclude(customer=None).values_list("pk", flat=True))
        vars(actor)["_outsiders"] = outsiders
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
    once, however often the request is sent: a concurrent one raises `idempotency.KeyInUse`. `mails_customer` says
    whether people outside get an e-mail about it; None: as the channel and their company's settings say."""

    channel: str
    request_id: str = ""
    request_key: "RequestKey | None" = None
    mails_customer: bool | None = None


COMMAND_LINE = gettext_noop("command line")
"""The author of what the installation does, and the name of a key that a command created."""
INSTALLATION_NAMES = frozenset({COMMAND_LINE, gettext_noop("Demo data"), gettext_noop("Generated data")})
"""The names under which the installation itself writes. The history keeps them in English."""


def display_author(name: str) -> str:
    """Return the name of an author as pages show it: names of our own in the language of the reader."""
    if name in INSTALLATION_NAMES:
        return gettext(name)
    person, bracket, key = name.rpartition(f" ({COMMAND_LINE})")
    return f"{person} ({gettext(COMMAND_LINE)})" if bracket and not key else name


class Installation:
    """The installation itself, acting through a command: it may do everything to the records of all
    companies."""

    user_id = None
    customer_id = None
    is_superuser = True
    pk = None

    def __init__(self, company_id: str | None = None, name: str = COMMAND_LINE):
        self.company_id = company_id
        self.history_name = name
        self.company_language = "en"

    def may(
        self, action: str, target: models.Model | type[models.Model], property: str | None = None
    ) -> bool:
        return True

    def scope(self, queryset: QuerySetT) -> QuerySetT:
        return queryset

    def find_visible(self, model: type[ModelT], pk: str) -> ModelT | None:
        return model._default_manager.filter(pk=pk).first()
