"""Users, and the rules for their names, roles and rights."""

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser, Group, PermissionsMixin
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import StrOrPromise
from backoffice.people.administrators import check_administrators, enforce_administrators
from backoffice.people.models.user_managers import UserManager
from backoffice.people.permissions import permissions_of_groups
from backoffice.people.rights import PersonRightsMixin
from backoffice.people.roles import role_label
from backoffice.people.usernames import (
    MAX_KEY_LENGTH,
    email_key,
    lookalike_keys,
    normalize_username,
    username_key,
)
from backoffice.records.actors import Installation
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields import (
    EmailLineField,
    EncryptedTextField,
    InstantField,
    LineField,
    TextListField,
    now,
)
from backoffice.records.history import history_of
from backoffice.records.models import ACTIVE, REDACTED, Entity, History
from backoffice.records.properties import ManyToManyProperty, guard_field, instant_as_text

SELF_SERVICE = {
    "change_password": {"password"},
    "sign_out_everywhere": {"sessions_ended_at"},
    "set_up_second_factor": {"totp_secret", "recovery_codes"},
    "remove_second_factor": {"totp_secret", "recovery_codes"},
    "make_recovery_codes": {"recovery_codes"},
    "use_recovery_code": {"recovery_codes"},
}
"""The actions that all users may perform on themselves, and the properties each may change."""


class User(PersonRightsMixin, AbstractBaseUser, PermissionsMixin, Entity):
    """A person who signs in. A user with a `customer` is external: a reseller's employee, who sees only that
    customer's part of the company."""

    natural_key = "username"
    username = LineField(
        _("username"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("A user with that username already exists.")},
        sortable=True,
    )
    first_name = LineField(_("first name"), blank=True, max_length=150, sortable=True)
    last_name = LineField(_("last name"), blank=True, max_length=150, sortable=True)
    email = EmailLineField(_("e-mail"), blank=True, sortable=True)
    username_key = models.CharField(max_length=MAX_KEY_LENGTH, null=True, unique=True, editable=False)
    """The key that all usernames that count as this one share. NULL: another user with the same key is older
    than the rule."""
    email_key = models.CharField(max_length=MAX_KEY_LENGTH, null=True, db_index=True, editable=False)
    email_since = InstantField(default=now, editable=False)
    company = models.ForeignKey(
        "people.Company",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("company"),
    )
    customer = models.ForeignKey(
        "people.Customer",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="users",
        verbose_name=_("customer"),
        help_text=_("For external users, such as those of a reseller. Leave empty for your own staff."),
    )
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Only active users can sign in. Make users inactive instead of deleting them."),
    )
    password = guard_field(
        models.CharField(_("password"), max_length=128),
        "people.change_user",
        or_user="pk",
        hashed=True,
    )
    is_superuser = guard_field(
        models.BooleanField(
            _("superuser"), default=False, help_text=_("Has all permissions in every company.")
        ),
        "people.appoint_superusers",
    )
    last_login = InstantField(_("last sign-in"), null=True, blank=True, editable=False)
    sessions_ended_at = guard_field(
        InstantField(_("signed out everywhere"), null=True, blank=True, editable=False),
        "people.change_user",
        or_user="pk",
        hashed=True,  # so that undo cannot restore it: ended sessions stay ended
    )
    totp_secret = guard_field(
        EncryptedTextField(_("two-factor sign-in"), blank=True, editable=False),
        "people.change_user",
        or_user="pk",
        hashed=True,
    )
    recovery_codes = guard_field(
        TextListField(_("recovery codes"), editable=False), "people.change_user", or_user="pk", hashed=True
    )
    second_factor_at = guard_field(
        InstantField(_("two-factor sign-in since"), null=True, blank=True, editable=False),
        "people.change_user",
        or_user="pk",
    )
    invited_at = guard_field(
        InstantField(_("invited on"), null=True, blank=True, editable=False),
        "people.change_user",
        or_user="pk",
        hashed=True,  # so that undo cannot restore it: a withdrawn link stays withdrawn
    )
    last_code_at = InstantField(_("last code"), null=True, blank=True, editable=False)
    roles = ManyToManyProperty("groups", label=_("roles"), format_name=role_label)

    objects = UserManager()
    server_properties = Entity.server_properties | {"company", "username_key", "email_key", "email_since"}
    derived = frozenset({"second_factor_at"})
    bookkeeping_columns = frozenset({"last_login", "last_code_at"})
    change_actions = Entity.change_actions | {"remove_second_factor", "invite", "withdraw_invitation"}
    name_columns = ("username", "first_name", "last_name")
    name_is_public = True
    searched_properties = ("username", "first_name", "last_name", "email")
    personal_properties = ("username", "first_name", "last_name", "email")
    identifying_properties = ("username", "email")
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["username_sort", "id"]
        permissions = [
            ("enter_admin", "Can enter the administration"),
            ("appoint_superusers", "Can make superusers"),
        ]

    def __str__(self):
        return self.get_full_name()

    @classmethod
    def names_visible_to(cls, actor):
        """Return the users of the actor's company, and superusers, whose names appear in every company."""
        everybody = cls._base_manager.all()
        if actor.user_id is None or actor.is_superuser:
            return everybody
        of_company = models.Q(company_id=actor.company_id) if actor.company_id else models.Q(pk=actor.user_id)
        return everybody.filter(of_company | models.Q(is_superuser=True))

    @property
    def is_staff(self) -> bool:
        """Whether the user may enter Django admin."""
        return self.is_active and self.has_perm("people.enter_admin")

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in takes a code after the password."""
        return self.second_factor_at is not None

    @property
    def can_sign_in(self) -> bool:
        """Whether the user may sign in, and act by keys and sessions: neither deactivated nor archived."""
        return self.is_active and self.status == ACTIVE

    def find_invitation_obstacle(self) -> StrOrPromise:
        """Return why the user cannot be invited; empty if they can."""
        if not self.can_sign_in:
            return _("This user may not sign in.")
        if self.has_usable_password():
            return _("This user has a password already.")
        return "" if self.email else _("This user has no e-mail address.")

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.username

    def get_short_name(self) -> str:
        return self.first_name or self.username

    def clean(self):
        """Replace Django's method, which would normalise the username and the e-mail address."""
        if not self.company_id and not self.is_superuser:
            raise ValidationError({"company": _("Choose a company. Only a superuser can be without one.")})

    def compute_derived(self, planned):
        """Compute keys, defaults and dates. A user without a password gets an unusable one until they choose
        one through the reset page. External users create users of their own customer only."""
        if not self.password:
            self.password = make_password(None)
        if planned.before is None and "customer" not in planned.edited_properties:
            self.customer_id = planned.actor.customer_id if planned.actor.user_id else None
        if planned.before is None or planned.changed("username"):
            self.username = normalize_username(self.username)
        if planned.before is None:
            self.username_key, self.email_key = username_key(self.username), email_key(self.email)
        if planned.before is not None and planned.changed("totp_secret"):
            self.second_factor_at = planned.at if self.totp_secret else None
        if planned.before is not None and planned.before.can_sign_in != self.can_sign_in:
            self.sessions_ended_at = planned.at
            planned.forced_properties.add("sessions_ended_at")

    def validate_change(self, planned):
        """Refuse changes that give more than the actor has: a role needs all its permissions, a customer
        needs the right to see that customer."""
        if planned.action in SELF_SERVICE and planned.edited_properties - SELF_SERVICE[planned.action]:
            raise Forbidden()
        errors = self._check_username(planned)
        if planned.action == "invite" and (obstacle := self.find_invitation_obstacle()):
            errors["invited_at"] = [ValidationError(obstacle, code="invitation")]
        if planned.actor.user_id is not None:
            errors |= self._check_roles(planned) | self._check_scope(planned)
        return errors | check_administrators(planned)

    def _check_username(self, planned) -> dict[str, list]:
        """Refuse a username that is taken, in any spelling, or that is the e-mail address of another user."""
        is_changed = planned.changed("username") or planned.changed("email")
        if is_changed and "@" in self.username and email_key(self.username) != email_key(self.email):
            message = _(
                "A username that is an e-mail address must be the user's own. Enter the same "
                "address as the e-mail."
            )
            return {"username": [ValidationError(message, code="address")]}
        if not planned.changed("username"):
            return {}
        same = type(self)._base_manager.filter(username_key__in=lookalike_keys(self.username))
        if not same.exclude(pk=self.pk).exists():
            return {}
        message = self._meta.get_field("username").error_messages["unique"]
        return {"username": [ValidationError(message, code="unique")]}

    def _check_roles(self, planned) -> dict[str, list]:
        """Return errors, by path, for added roles with more permissions than the actor has."""
        if not planned.changed("roles"):
            return {}
        before = set(planned.before.roles) if planned.before else set()
        errors = {}
        for place, name in enumerate(self.roles):
            if name not in before and not planned.actor.has_perms(permissions_of_role(name)):
                errors[f"roles.{place}"] = [
                    ValidationError(
                        _("You cannot assign the role “%(role)s”: it has more permissions than you.")
                        % {"role": role_label(name)},
                        code="role",
                    )
                ]
        return errors

    def _check_scope(self, planned) -> dict[str, list]:
        """Return errors, by path, for a scope that the actor does not have."""
        errors = {}
        customer_id = planned.actor.customer_id
        if customer_id is not None and self.customer_id != customer_id:
            message = _("Choose your own customer: you do not have access to others.")
            errors["customer"] = [ValidationError(message, code="not_allowed")]
        was_superuser = planned.before is not None and planned.before.is_superuser
        if self.is_superuser != was_superuser and not planned.actor.is_superuser:
            message = _("Only a superuser can make someone a superuser, or take that role from them.")
            errors["is_superuser"] = [ValidationError(message, code="not_allowed")]
        return errors

    def protected_reason(self, actor):
        """Return why the actor may not change or delete this user: it takes all rights of the user; and users
        may not change themselves with a key that has fewer rights."""
        if actor.user_id is None or actor.pk == self.pk:
            return ""
        return "" if actor.holds_all_of(self) else _("This user has more permissions than you.")

    def permissions_when_active(self) -> set[str]:
        """Return the permissions that the user has when active: a deactivated user can be reactivated by one
        change, so their present lack of rights does not count."""
        return type(self)(pk=self.pk, is_superuser=self.is_superuser).get_all_permissions()

    def allows(self, action, actor):
        """Allow every user the self-service actions on themselves."""
        return action in SELF_SERVICE and actor.user_id == self.pk

    def get_session_auth_hash(self):
        """Return the hash that sessions depend on: a new password, a changed second factor or signing out
        everywhere ends them."""
        return self._hash_sessions(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self):
        for secret, state in zip(
            settings.SECRET_KEY_FALLBACKS, super().get_session_auth_fallback_hash(), strict=True
        ):
            yield self._hash_sessions(state, secret)

    def _hash_sessions(self, state: str, secret: str | None = None) -> str:
        if self.sessions_ended_at is None and self.second_factor_at is None:
            return state
        state += f" {instant_as_text(self.sessions_ended_at)} {instant_as_text(self.second_factor_at)}"
        return salted_hmac("backoffice.people.sessions", state, secret=secret, algorithm="sha256").hexdigest()

    def redaction_values(self):
        """Return values that keep a redacted user from signing in."""
        locked = make_password(None) if self.has_usable_password() else self.password
        return {
            "username": f"{REDACTED}-{self.pk}",
            "is_active": False,
            "password": locked,
            "totp_secret": "",  # nosec B105 # empty: no second factor
            "recovery_codes": [],
            "second_factor_at": None,
        }

    @classmethod
    def unique_key(cls, name, value):
        return username_key(value) if name == "username" and isinstance(value, str) else value

    def after_write(self, planned):
        """Update the sign-in keys, expire API keys, and check that the company still has an administrator."""
        enforce_administrators(planned)
        if planned.before is not None and planned.action != History.Action.REDACT:
            self._expire_keys(planned)
        renamed = {entry["property"] for entry in planned.changes} & {"username", "email"}
        if planned.before is None or not renamed:
            return
        users, key = type(self)._base_manager, planned.before.username_key
        if planned.action != "remove" and "username" in renamed:
            self.username_key = username_key(self.username)
        if planned.action != "remove":
            self.email_key = email_key(self.email)
            if self.email_key != planned.before.email_key:
                self.email_since = now()
            keys = ("username_key", "email_key", "email_since")
            users.filter(pk=self.pk).update(**{name: getattr(self, name) for name in keys})
        if key is not None and (planned.action == "remove" or self.username_key != key):
            waiting = users.filter(username_key=None).exclude(pk=self.pk).order_by("created_at", "id")
            if heir := next((user for user in waiting if username_key(user.username) == key), None):
                users.filter(pk=heir.pk).update(username_key=key)

    def _expire_keys(self, planned):
        """Expire the keys of a user who is deactivated or archived, so that they stay invalid after a return.
        (Also on the return, for keys from before this rule.)"""
        from backoffice.records import services

        if planned.before.can_sign_in == self.can_sign_in:
            return
        actor = Installation(self.company_id, planned.actor.history_name)
        for key in self.api_keys.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=planned.at)):
            services.update(key, {}, actor=actor, context=planned.context, action="expire", at=planned.at)

    def mention_scope(self):
        """Return the company in which the user's name may appear; None (every company) for present and former
        superusers."""
        changes = [
            entry for row in history_of(self) for entry in row.changes if entry["property"] == "is_superuser"
        ]
        appointed = any(entry["old"] or entry["new"] for entry in changes)
        return None if self.is_superuser or appointed else self.company_id

    def check_password(self, raw_password):
        """Check the password as Django does, but store an upgraded hash as bookkeeping, not as a change."""

        def store(raw):
            self.password = make_password(raw)
            models.Model.save(self, update_fields=["password"])

        return check_password(raw_password, self.password, store)


def permissions_of_role(name: str) -> set[str]:
    return permissions_of_groups(Group.objects.filter(name=name).values_list("pk", flat=True))
