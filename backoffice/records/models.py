"""The base models of records, and the number series."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Self

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.db.annotations import Change, Errors, Rows, StrOrPromise
from backoffice.db.queries import FastInstanceMixin
from backoffice.db.search import RULES, find_number_words, make_search_text
from backoffice.records.actors import STAFF_NAME, Actor, can_see_name, display_author
from backoffice.records.audit import History as History
from backoffice.records.audit import SecretReading as SecretReading
from backoffice.records.fields.base import InstantField, ObjectIdField, WholeNumberField
from backoffice.records.fields.class_attributes import LazyClassAttribute
from backoffice.records.fields.sort_keys import SortKeys
from backoffice.records.idempotency import IdempotencyKey as IdempotencyKey
from backoffice.records.key_fingerprints import KeyFingerprint as KeyFingerprint
from backoffice.records.languages import company_language
from backoffice.records.properties.base import ColumnProperty
from backoffice.records.properties.collections import CollectionProperty, RecordProperty
from backoffice.records.visibility import EntityQuerySet

if TYPE_CHECKING:
    from backoffice.records.writes.plan import PlannedWrite

ACTIVE, ARCHIVED = 1, 2
REDACTED = "redacted"
"""Replaces redacted values."""
RECORD_STATUS = [(ACTIVE, _("Active")), (ARCHIVED, _("Archived"))]
"""The values of the documented `status.status` that we use. The vendor lists none; any other is stored as it
is."""


@dataclass(frozen=True)
class Mention:
    """Where a record names a person: properties, or columns of a list's rows (`comments.employee_name`).
    `link` is the reference beside them that identifies the person."""

    names: tuple[str, ...]
    link: str = ""


def _build_properties(model: type["Entity"]) -> Mapping[str, RecordProperty]:
    left_out = model.server_properties | model.bookkeeping_columns | model.sort_key_names
    properties: dict[str, RecordProperty] = {
        field.name: ColumnProperty(field, field.name in model.derived)
        for field in model._meta.concrete_fields
        if field.name not in left_out
    }
    for base in reversed(model.__mro__):
        properties |= {
            name: prop for name, prop in vars(base).items() if isinstance(prop, CollectionProperty)
        }
    return properties


class Entity(SortKeys, FastInstanceMixin):
    """The base of everything that is changed only through `backoffice.records.services`."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    status = WholeNumberField(
        _("record status"),
        default=ACTIVE,
        validators=[MinValueValidator(-(2**31)), MaxValueValidator(2**31 - 1)],
        help_text=_("1 active, 2 archived."),
    )
    version = models.PositiveBigIntegerField(_("version"), default=1, editable=False)
    created_at = InstantField(_("created"), editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    last_modified_at = InstantField(_("last modified"), editable=False)
    last_modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("last modified by"),
    )
    search_text = models.TextField(default="", editable=False)

    objects = EntityQuerySet.as_manager()

    # Declarations of the model for the write service and the channels:
    server_properties = frozenset(
        {"id", "version", "created_at", "created_by", "last_modified_at", "last_modified_by", "search_text"}
        | {"sort_language"}
    )
    derived: frozenset[str] = frozenset()
    """Properties that are derived from others: never edited, never in conflict."""
    bookkeeping_columns: frozenset[str] = frozenset()
    """Columns that `save` may write without a history entry, because they are not data of the record (last
    login)."""
    value_labels: dict[str, Sequence[tuple[Any, StrOrPromise]]] = {"status": RECORD_STATUS}
    """Labels of the values of a property that is validated by a range: `{"priority": Priority.choices}`."""
    name_columns: tuple[str, ...] = ()
    """The columns that `str()` and the number need, for queries that read only names."""
    natural_key = ""
    """The property that distinguishes records of the same name. It is unique in a company."""
    name_is_public = False
    """Whether users of the company who may not see the record (such as a customer's users) see its name."""
    change_actions = frozenset({"undo"})
    """Actions in the history that need the permission to change."""
    searched_properties: tuple[str, ...] = ()
    """Names of the properties that are searched."""
    answer_properties: tuple[str, ...] = ()
    """Names of the properties that hold the newest answer to a customer: by default, a bulk edit adds one only where
    there is none."""
    telephone_properties: tuple[str, ...] = ()
    """Names of the searched properties that hold telephone numbers: found in any notation."""
    personal_properties: tuple[str, ...] = ()
    """Names of the properties with data of the person whom the record is about."""
    identifying_properties: tuple[str, ...] = ()
    """Names of the personal properties whose values other records may use to name the person."""
    mentions: tuple[Mention, ...] = ()
    """Where the record names other people."""

    class Meta:
        abstract = True

    properties = LazyClassAttribute(_build_properties)
    """The properties by name, in the order of their declaration."""

    @classmethod
    def names_visible_to(cls, actor: Actor) -> Rows:
        """Return the rows whose names this actor may see where another record refers to them."""
        return cls._default_manager.visible_to(actor)

    @classmethod
    def only_name_columns(cls, rows: Rows) -> Rows:
        """Restrict a queryset to the columns that names need."""
        return rows.only("pk", *cls.name_columns) if cls.name_columns else rows

    @classmethod
    def permission(cls, action: str) -> str:
        """Return the Django permission that `action` on this model requires."""
        name = "change" if action in cls.change_actions else action
        return f"{cls._meta.app_label}.{name}_{cls._meta.model_name}"

    @classmethod
    def shows_values_to(cls, actor: Actor, name: str) -> bool:
        """Return whether an actor may see a property of all records. Columns, filters and orders of lists
        would reveal it. True for names that are no properties."""
        prop = cls.properties.get(name)
        return prop is None or prop.guard is None or actor.may("view", cls, name)

    @classmethod
    def unique_key(cls, name: str, value: object) -> object:
        """Return the form in which a unique property's value is compared: the value itself, unless
        overridden."""
        return value

    def home_company_id(self) -> str | None:
        """Return the id of the company whose history the record belongs to."""
        return getattr(self, "company_id", None)

    def home_language(self) -> str:
        """Return the language by which lists with this record are sorted: the company's."""
        return company_language(self.home_company_id())

    def deletion_problem(self) -> str:
        """Return why users must not delete the record, and what to do; empty if they may."""
        return ""

    def compute_derived(self, planned: "PlannedWrite") -> None:
        """Set the derived properties and the defaults that depend on others."""

    def validate_change(self, planned: "PlannedWrite") -> Errors:
        """Return the errors, by path, of rules that depend on the actor or on the old values."""
        return {}

    def allows(self, action: str, actor: Actor) -> bool:
        """Return whether this record allows an actor what their permissions do not."""
        return False

    def redaction_values(self) -> dict[str, object]:
        """Return the replacements of personal properties that cannot be empty, and other values to set, when
        the person is erased."""
        return {}

    @classmethod
    def redacted_with(cls, name: str) -> tuple[str, ...]:
        """Return the other properties that may repeat the text of a property: they are redacted together."""
        return ()

    def mention_scope(self) -> str | None:
        """Return the id of the company whose records may name the person; None for all companies."""
        return self.home_company_id()

    def after_redaction(self, texts: set[str]) -> None:
        """Remove what is kept of the redacted `texts` elsewhere. Called in the transaction that redacts the
        record or its history."""

    def after_write(self, planned: "PlannedWrite") -> None:
        """Update what is kept in step with the record. Called in the transaction that creates, updates or
        deletes it, after its rows are written. `planned.action` is "remove" for a deletion."""

    @classmethod
    def visible_author(cls, row: History, actor: Actor) -> str:
        """Return the author of a change as this actor may know them: people from outside see no names of
        staff."""
        is_visible = not actor.customer_id or can_see_name(row.user_id, actor)
        return display_author(row.who) if is_visible else str(STAFF_NAME)

    @classmethod
    def visible_changes(cls, row: History, actor: Actor) -> list[Change]:
        """Return the changes of a history row, with the names in them that this actor may see."""
        changes: list[Change] = row.changes
        return changes

    @classmethod
    def described_changes(cls, row: History, actor: Actor) -> list[Change]:
        """Return the visible changes that pages describe: without those that only follow from others."""
        return cls.visible_changes(row, actor)

    @classmethod
    def change_label(cls, changes: list[Change]) -> str:
        """Return who did what (“%(who)s replied to the customer”) where the described changes of a row say more
        than its action; empty otherwise."""
        return ""

    def visible_copy_for(self, actor: Actor) -> "Entity":
        """Return the record as an actor may see it, with the names in it that they may see."""
        return self

    def protected_reason(self, actor: Actor) -> str:
        """Return why an actor must not change or delete this record although their permissions allow it;
        empty if they may."""
        return ""

    def allowed_references(self, name: str, target: type[models.Model], actor: Actor) -> Rows:
        """Return what property `name` may refer to: what the actor may see, in the record's company. For
        `created_by` and `last_modified_by`, all whose names the actor may see."""
        if not issubclass(target, Entity):
            return target._default_manager.all()
        if name in self.server_properties:
            return target.names_visible_to(actor)
        visible: Rows = target._default_manager.visible_to(actor)
        company_id = getattr(self, "company_id", None)
        if company_id and hasattr(target, "company_id"):
            visible = visible.filter(company_id=company_id)
        return visible

    def check_references(
        self, name: str, target: type[models.Model], ids: set[str], actor: Actor
    ) -> set[str]:
        """Return those of `ids` that property `name` may refer to."""
        return set(
            self.allowed_references(name, target, actor).filter(pk__in=ids).values_list("pk", flat=True)
        )

    def make_search_text(self) -> str:
        """Return the search text."""
        texts = []
        for name in self.searched_properties:
            value = getattr(self, name)
            texts += value if isinstance(value, list) else [value]
        numbers = [
            number for name in self.telephone_properties for number in find_number_words(getattr(self, name))
        ]
        content = " ".join([*numbers, *(str(text) for text in texts if text not in (None, ""))])
        return RULES + make_search_text(content)

    def copy(self) -> Self:
        """Return a copy to change in memory; the original keeps its values."""
        clone = type(self).__new__(type(self))
        clone.__dict__ |= self.__dict__ | {"_state": copy.copy(self._state)}
        clone._state.fields_cache = self._state.fields_cache.copy()
        return clone

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        for name, prop in self.properties.items():
            if prop.many:
                self.__dict__.pop(name, None)
        super().refresh_from_db(*args, **kwargs)

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save bookkeeping columns only. Everything else goes through `records.services`, which checks rights
        and writes the history."""
        if not update_fields or not set(update_fields) <= self.bookkeeping_columns:
            raise TypeError(f"A {self._meta.verbose_name} is saved by records.services only.")
        super().save(*args, update_fields=update_fields, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError(f"A {self._meta.verbose_name} is deleted by records.services only.")


class Record(Entity):
    """An entity of a company, with a number and an optional chat."""

    number = WholeNumberField(
        _("number"),
        validators=[MinValueValidator(1), MaxValueValidator(2**63 - 1)],
        help_text=_("Unique within the company. Leave empty to assign the next free number."),
    )
    company = models.ForeignKey(
        "people.Company",
        models.PROTECT,
        editable=False,
        related_name="+",
        db_index=False,  # indexes in Meta begin with it
        verbose_name=_("company"),
    )
    chat_id = ObjectIdField(
        _("chat id"),
        null=True,
        blank=True,
        default=None,
        help_text=_("The id of a chat in another system, usually set via API."),
    )

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="%(app_label)s_%(class)s_number"),
        ]
        indexes = [
            # Ascending, though read descending: see docs/performance.md.
            models.Index(fields=["company", "last_modified_at"], name="%(app_label)s_%(class)s_new"),
            # The default order of JSON lists.
            models.Index(fields=["company", "id"], name="%(app_label)s_%(class)s_ids"),
            models.Index(fields=["company", "created_at", "id"], name="%(app_label)s_%(class)s_made"),
        ]

    server_properties = Entity.server_properties | {"company"}
    natural_key = "number"

    def check_number(self) -> None:
        """Refuse a number that another record of the company has."""
        others = type(self)._base_manager.filter(company_id=self.company_id, number=self.number)
        if others.exclude(pk=self.pk).exists():
            raise ValidationError(
                {
                    "number": ValidationError(
                        _("This number is already in use. Enter another number."), code="unique"
                    )
                }
            )


def list_indexes(name: str, *columns: str, order: tuple[str, ...] = ("number",)) -> list[models.Index]:
    """Return the indexes for lists of the records with the same values in these columns: by id for JSON, by
    number or another `order` for pages. An index that begins with a reference also serves the reference
    itself, which has `db_index=False`."""
    return [
        models.Index(fields=[*columns, "id"], name=f"{name}_ids"),
        models.Index(fields=[*columns, *order], name=f"{name}_nos"),
    ]


class ChildRow(FastInstanceMixin):
    """A row that belongs to a record, and is written only by an update of the record. Subclasses add
    `record`, the foreign key."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    position = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position"]


class NumberSeries(models.Model):
    """The last number assigned to a model's records in a company: no number is assigned twice, not even after
    its record was deleted."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    record_type = models.CharField(max_length=100)
    company = models.ForeignKey("people.Company", models.CASCADE, related_name="+")
    last = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = pgettext_lazy("several", "number series")
        constraints = [
            models.UniqueConstraint(fields=["record_type", "company"], name="records_numberseries_one")
        ]

    def __str__(self) -> str:
        return f"{self.type_name}: {self.last}"

    @property
    def type_name(self) -> str:
        """What is numbered, in words."""
        models_by_label = {model._meta.label_lower: model for model in apps.get_models()}
        model = models_by_label.get(self.record_type)
        return capfirst(str(model._meta.verbose_name_plural)) if model else self.record_type
