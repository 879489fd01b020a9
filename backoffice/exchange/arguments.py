"""In whose name a command exports or imports."""

from django.core.management.base import CommandError

from backoffice.people.models import Company, User
from backoffice.records.actors import Actor, Installation


def find_actor(username: str | None) -> Actor:
    """The active user with this name; the installation itself if there is no name."""
    if username is None:
        return Installation()
    user = User._base_manager.filter(username=username).first()
    if user is None or not user.can_sign_in:
        raise CommandError(f"There is no active user “{username}”.")
    return user


def find_company(name: str | None, actor: Actor) -> Company | None:
    """The company with this name, if it is there for the actor."""
    if name is None:
        return None
    company = Company.objects.visible_to(actor).filter(name=name).first()
    if company is None:
        raise CommandError(f"There is no company “{name}”.")
    return company
