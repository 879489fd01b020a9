"""The queryset and the manager of users."""

from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import BaseUserManager
from django.contrib.auth.password_validation import validate_password
from django.db import models

from backoffice.people.permissions import holds_more_than, users_with_permission_q
from backoffice.people.usernames import email_key, username_key
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import ACTIVE
from backoffice.records.properties import UserChoices
from backoffice.records.visibility import EntityQuerySet

if TYPE_CHECKING:
    from backoffice.people.models.users import User


class UserQuerySet(EntityQuerySet):
    def restrict_for(self, actor):
        """Restrict the users of a reseller to each other."""
        return self.filter(customer_id=actor.customer_id) if actor.customer_id else self

    def eligible_for(self, holders: UserChoices, actor):
        """Return the users whom an actor may choose for a reference with this `UserChoices` rule."""
        users = self.filter(is_active=True, status=ACTIVE)
        users = users.filter(users_with_permission_q(holders.permission)) if holders.permission else users
        users = users.outranked_by(actor) if holders.outranked and not actor.is_superuser else users
        return users.filter(customer=None) if holders.insiders else users

    def outranked_by(self, actor):
        """Return the users for whom an actor may create a key: the actor, and users with no more rights."""
        if not actor.has_perm("people.manage_apikeys"):
            return self.filter(pk=actor.user_id)
        users = self.filter(company_id=actor.company_id)
        users = users.filter(customer=actor.customer_id) if actor.customer_id else users
        return users.exclude(holds_more_than(actor.get_all_permissions()))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    """Django's usual methods for its own commands; each creates users through `services.create`."""

    def find_by_sign_in_name(self, name: str) -> "User | None":
        """Return the user for a name typed on the sign-in page: the one with this username, in any spelling,
        or with this e-mail address. Of several who may sign in, the one who had the name first, so that no
        later user takes it away. Runs the same queries for every name, so that response times do not reveal
        whether it is known."""
        named = list(self.filter(models.Q(username=name) | models.Q(username_key=username_key(name)))[:3])
        by_email = self.filter(email_key=email_key(name) or "-", is_active=True, status=ACTIVE)
        exact = [user for user in named if user.username == name]
        candidates = [*(exact or named)[:1], *by_email.order_by("email_since", "id")[:1]]
        return min(candidates, key=lambda user: (not user.can_sign_in, user.email_since), default=None)

    def create_user(self, username, email="", password=None, **values):
        from backoffice.records import services

        if password is not None:
            named = {name: values[name] for name in ("first_name", "last_name") if name in values}
            validate_password(password, self.model(username=username, email=email or "", **named))
        values |= {"username": username, "email": email or "", "password": make_password(password)}
        return services.create(
            self.model, values, actor=Installation(), context=ChangeContext(Channel.COMMAND)
        ).record

    def create_superuser(self, username, email="", password=None, **values):
        return self.create_user(username, email, password, **values, is_superuser=True)
