"""API keys and their scopes."""

import hashlib
import hmac
import secrets
import unicodedata
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import OperationalError, models
from django.utils.translation import gettext_lazy as _

from backoffice.db.compat import subquery_ids, with_related
from backoffice.db.queries import CompiledQuery
from backoffice.db.transactions import fail_if_locked
from backoffice.people.scopes import SCOPES
from backoffice.records.exceptions import Forbidden
from backoffice.records.fields import DayField, InstantField, LineField, TextListField, now
from backoffice.records.models import ACTIVE, ARCHIVED, REDACTED, Entity
from backoffice.records.properties import UserChoices, guard_field
from backoffice.records.visibility import EntityQuerySet

Found = TypeVar("Found", bound=models.Model)
QuerySetT = TypeVar("QuerySetT", bound=models.QuerySet)
LAST_USE_SECONDS = 60
"""The age after which the last use is written again, so that not every request writes."""


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


_DIRECTION_CONTROLS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Unicode's bidirectional control characters, which change the direction of text."""


@lru_cache(maxsize=4096)
def _is_bracket(char: str) -> bool:
    """Return whether a character could appear to close the brackets around a key's name."""
    return (
        unicodedata.category(char) in ("Ps", "Pe") or unicodedata.bidirectional(char) in _DIRECTION_CONTROLS
    )


class KeyState(models.TextChoices):
    """Whether a key works, and why not. (A key of a user who cannot sign in has expired.)"""

    ACTIVE = "1", _("Active")
    EXPIRED = "expired", _("Expired")
    REVOKED = "2", _("Revoked")


class ApiKeyQuerySet(EntityQuerySet):
    restricts_staff = True

    def in_state(self, state: str):
        """Return the keys whose `state` this is."""
        if state == KeyState.REVOKED:
            return self.exclude(status=ACTIVE)
        at = now()
        expired = models.Q(expires_at__lte=at)
        lasting = models.Q(expires_at=None) | models.Q(expires_at__gt=at)
        return self.filter(expired if state == KeyState.EXPIRED else lasting, status=ACTIVE)

    def restrict_for(self, actor):
        """Restrict actors to their own keys. With `manage_apikeys` they see all of the company's keys;
        external users only those of their customer's users."""
        if not actor.has_perm("people.manage_apikeys"):
            return self.filter(owner_id=actor.user_id)
        if not actor.customer_id:
            return self
        colleagues = self.model.owner.field.related_model.objects.visible_to(actor)
        return self.filter(owner_id__in=subquery_ids(colleagues.order_by().values("pk")))


class ApiKey(Entity):
    """A credential for scripts: `ck_<prefix>_<secret>`, of which only the prefix and a hash are stored. The
    secret has 256 random bits, so plain SHA-256 is as secure as a slow hash. A key acts for its owner and
    never has more rights than the owner; its scopes (`facility:read`, `supportdesk:write`, …) can restrict it
    further."""

    name = LineField(
        _("name"), help_text=_("The purpose of the key, such as the script that uses it."), sortable=True
    )
    owner = models.ForeignKey("people.User", models.PROTECT, related_name="api_keys", verbose_name=_("owner"))
    owner.holders = UserChoices(outranked=True)
    company = models.ForeignKey(
        "people.Company",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("company"),
    )
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    digest = guard_field(
        models.CharField(_("secret"), max_length=64, editable=False), "people.change_apikey", hashed=True
    )
    scopes = TextListField(_("scopes"), item=LineField(choices=list(SCOPES.items())))
    expires_at = DayField(
        _("expires"), ends=True, null=True, blank=True, help_text=_("Leave empty if the key does not expire.")
    )
    last_used_at = InstantField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()
    secret = ""  # nosec B105 # empty: not known
    """The whole key, known only in the request that creates it."""

    server_properties = Entity.server_properties | {"company"}
    derived = frozenset({"prefix", "digest"})
    bookkeeping_columns = frozenset({"last_used_at"})
    change_actions = Entity.change_actions | {"rotate", "expire"}
    value_labels = Entity.value_labels | {"status": [(ACTIVE, _("Active")), (ARCHIVED, _("Revoked"))]}
    searched_properties = ("name", "prefix")
    personal_properties = ("name",)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name_sort", "id"]
        permissions = [("manage_apikeys", "Can manage everybody's API keys")]

    def __str__(self):
        return self.name

    def compute_derived(self, planned):
        """Generate a new secret for a new or rotated key; `secret` has it this once. A key created by another
        key does not outlive that key. An expired key stays expired, and archiving a key expires it. A key that
        someone without a company creates belongs to its owner's."""
        if planned.before is None and self.company_id is None:
            users = type(self).owner.field.related_model._base_manager
            self.company_id = users.filter(pk=self.owner_id).values_list("company_id", flat=True).first()
        if planned.before is None or planned.action == "rotate":
            secret = secrets.token_urlsafe(32)
            self.prefix = secrets.token_hex(5)
            self.digest = _digest(secret)
            self.secret = f"ck_{self.prefix}_{secret}"
        if (
            planned.before is None
            and isinstance(planned.actor, ApiKey)
            and "expires_at" not in planned.edited_properties
        ):
            self.expires_at = planned.actor.expires_at
        archived = planned.before is not None and {self.status, planned.before.status} != {ACTIVE}
        if (planned.action == "expire" or archived) and not self.is_expired(planned.at):
            self.expires_at = planned.at
            planned.forced_properties.add("expires_at")

    def validate_change(self, planned):
        """Refuse keys for owners with more rights than their creator, and keys with more rights than the key
        that creates them. Expiring a key is always allowed: it gives nobody more rights."""
        if planned.action == "expire":
            if planned.edited_properties:
                raise Forbidden()
            return {}
        errors = self._check_owner(planned)
        if planned.changed("name") and any(map(_is_bracket, self.name)):
            # The history shows “Alice (nightly export)”: no part of the key's name may look like another author.
            message = _(
                "Enter the name without brackets. The history shows it in brackets after the owner's name."
            )
            errors["name"] = [ValidationError(message, code="brackets")]
        before = planned.before
        if before is not None and before.status != ACTIVE and planned.changed("status"):
            message = _("A revoked key stays revoked. Create a new one.")
            errors["status"] = [ValidationError(message, code="revoked")]
        is_new_list = before is None or planned.changed("scopes")
        if is_new_list and not self.scopes and self._is_edited_by_person(planned):
            errors["scopes"] = [ValidationError(_("Select at least one scope."), code="required")]
        if before is not None and before.is_expired(now()) and planned.changed("expires_at"):
            message = _("This key has expired. Create a new one.")
            errors["expires_at"] = [ValidationError(message, code="expired")]
        if isinstance(planned.actor, ApiKey):
            errors |= self._check_creating_key(planned.actor)
        if planned.action == "rotate" and errors:
            raise Forbidden(_("This key has more permissions than you."))
        if planned.action == "rotate" and self.is_expired(planned.at):
            raise Forbidden(_("This key has expired. Create a new one."))
        return errors

    @staticmethod
    def _is_edited_by_person(planned) -> bool:
        """Return whether a user edits the key on a page: scripts may create keys without scopes."""
        return planned.actor.user_id is not None and not isinstance(planned.actor, ApiKey)

    def _check_owner(self, planned) -> dict[str, list]:
        users = type(self).owner.field.related_model
        # An owner who may not be chosen gets the same error as one who does not exist.
        owners = (
            self.allowed_references("owner", users, planned.actor)
            if planned.changed("owner")
            else users._base_manager
        )
        owner = owners.filter(pk=self.owner_id).first()
        if owner is None or planned.actor.user_id in (None, self.owner_id):
            return {}
        # (`_check_creating_key` limits the keys that a key creates.)
        creator = planned.actor.owner if isinstance(planned.actor, ApiKey) else planned.actor
        if creator.has_perm("people.manage_apikeys") and creator.holds_all_of(owner):
            return {}
        return {"owner": [ValidationError(_("You cannot create a key for this user."), code="owner")]}

    def _check_creating_key(self, other: "ApiKey") -> dict[str, list]:
        """Return errors, by path, for rights of this key that the key `other` does not have."""
        errors = {
            f"scopes.{place}": [ValidationError(_("Your own key does not have this scope."), code="scope")]
            for place, scope in enumerate(self.scopes)
            if scope not in other.scopes
        }
        if other.expires_at and (self.expires_at is None or self.expires_at > other.expires_at):
            errors["expires_at"] = [ValidationError(_("Your own key expires earlier."), code="expiry")]
        return errors

    def redaction_values(self):
        """Blank the name and expire the key of a redacted user."""
        expired = self.expires_at if self.is_expired(now()) else now()
        return {"name": f"{REDACTED}-{self.pk}", "expires_at": expired}

    @property
    def state(self) -> KeyState:
        if self.status != ACTIVE:
            return KeyState.REVOKED
        return KeyState.EXPIRED if self.is_expired(now()) else KeyState.ACTIVE

    def is_expired(self, at: datetime) -> bool:
        """Return whether the key has expired at a time."""
        return self.expires_at is not None and self.expires_at <= at

    @classmethod
    def find(cls, presented: str) -> "ApiKey | None":
        """Return the valid key for a presented key text, with its owner; None if it is unknown, expired or
        its owner is not active. An unknown prefix takes as long as a wrong secret."""
        scheme, _sep, rest = presented.partition("_")
        prefix, _sep, secret = rest.partition("_")
        key = next(iter(_by_prefix(prefix)), None) if scheme == "ck" else None
        expected = key.digest if key else "0" * 64
        if not hmac.compare_digest(_digest(secret), expected) or key is None:
            return None
        is_valid = key.status == ACTIVE and key.owner.can_sign_in and not key.is_expired(now())
        return key if is_valid else None

    def note_use(self) -> None:
        """Record the time of use, at most once a minute."""
        at = now()
        if self.last_used_at is None or (at - self.last_used_at).total_seconds() >= LAST_USE_SECONDS:
            self.last_used_at = at
            # A read request does not wait for another writer, and the key may have been deleted.
            with suppress(OperationalError), fail_if_locked():
                type(self)._base_manager.filter(pk=self.pk).update(last_used_at=at)

    # The `records.actors.Actor` protocol: the owner's rights, limited by the scopes.

    @property
    def user_id(self) -> str:
        return self.owner_id

    @property
    def is_superuser(self) -> bool:
        return self.owner.is_superuser

    @property
    def customer_id(self) -> str | None:
        return self.owner.customer_id

    @property
    def history_name(self):
        # Older keys may have brackets in their name.
        name = "".join(char for char in self.name if not _is_bracket(char))
        return f"{self.owner.history_name} ({name})"

    @property
    def company_language(self) -> str:
        return self.owner.company_language

    def may(
        self, action: str, target: models.Model | type[models.Model], property: str | None = None
    ) -> bool:
        if self.missing_scope(action, target) is not None:
            return False
        return self.owner.may(action, target, property)

    def missing_scope(self, action: str, target: models.Model | type[models.Model]) -> str | None:
        """Return the scope that an action needs and this key does not have; None if it has it."""
        model = target if isinstance(target, type) else type(target)
        mode = "read" if action == "view" else "write"
        # An upload belongs to the app that it was sent to, a record to the app of its model.
        app_label = getattr(target, "desk", model._meta.app_label)
        scope = f"{app_label}:{mode}"
        return None if scope in self.scopes else scope

    def missing_permission(self, action: str, target: models.Model | type[models.Model]) -> str | None:
        """Return the permission that an action needs and the owner does not have; None if they have it."""
        model = target if isinstance(target, type) else type(target)
        permission = model.permission(action)
        return None if self.owner.has_perm(permission) else permission

    def scope(self, queryset: QuerySetT) -> QuerySetT:
        return self.owner.scope(queryset)

    def find_visible(self, model: type[Found], pk: str) -> Found | None:
        return self.owner.find_visible(model, pk)

    def has_perm(self, permission):
        return self.owner.has_perm(permission)

    def has_perms(self, permissions):
        """Return whether the owner has all of these permissions, and the key the scopes for them."""
        areas = {permission.partition(".")[0] for permission in permissions}
        return self.owner.has_perms(permissions) and {f"{area}:write" for area in areas} <= set(self.scopes)

    def holds_all_of(self, user):
        return self.owner.holds_all_of(user) and self.has_perms(user.permissions_when_active())


_OWNER_FIELDS = (
    "username",
    "first_name",
    "last_name",
    "company",
    "customer",
    "is_active",
    "is_superuser",
    "status",
)


def _select_by_prefix(prefix: str) -> models.QuerySet:
    """Select a key with its owner, without columns that authentication does not need."""
    keys = with_related(ApiKey._base_manager.filter(prefix=prefix).order_by(), "owner")
    if not keys.query.select_related:
        return keys
    own = [
        field.name
        for field in ApiKey._meta.concrete_fields
        if field.name not in {"search_text", *ApiKey.sort_key_names}
    ]
    return keys.only(*own, *(f"owner__{name}" for name in _OWNER_FIELDS))


_by_prefix = CompiledQuery(_select_by_prefix)
