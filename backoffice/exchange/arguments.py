"""Lookup of the user and company named in the arguments of commands."""

from django.core.management.base import CommandError

from backoffice.people.models import Company, User
from backoffice.records.actors import Actor, Installation


def find_actor(username: str | None) -> Actor:
    """Return the active user with this name, or the installation itself if there is no name. Raises
    CommandError."""
    if username is None:
        return Installation()
    user = User._base_manager.filter(username=username).first()
    if user is None or not user.can_sign_in:
        raise CommandError(f"There is no active user “{username}”.")
    return user


def find_company(name: str | None, actor: Actor) -> Company | None:
    """Return the company with this name. Raises CommandError if it does not exist or the actor may not see
    it."""
    if name is None:
        return None
    company = Company.objects.visible_to(actor).filter(name=name).first()
    if company is None:
        raise CommandError(f"There is no company “{name}”.")
    return company
