"""What every record is, the history of its changes, and the numbers it is given."""

import copy
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.functional import classproperty
from django.utils.translation import gettext_lazy as _

from backoffice.db.queries import FastInstanceMixin
from backoffice.db.search import RULES, filter_by_words, numbers_of, search_text_of
from backoffice.records.actors import STAFF, Actor, Channel, is_outsider
from backoffice.records.fields.base import AnyField, InstantField, LineField, ObjectIdField, WholeNumberField
from backoffice.records.fields.sort_keys import SortKeys
from backoffice.records.idempotency import IdempotencyKey  # noqa: F401 (a table of this app)
from backoffice.records.key_fingerprints import KeyFingerprint  # noqa: F401 (a model of this app)
from backoffice.records.languages import company_language
from backoffice.records.properties.base import ColumnProperty
from backoffice.records.properties.collections import CollectionProperty

ACTIVE, PASSIVE = 1, 2
REDACTED = "redacted"
"""What stands in the place of values that were blanked."""
RECORD_STATUS = [(ACTIVE, _("Active")), (PASSIVE, _("Passive (archived)"))]
"""What we use of the documented `status.status`, whose values the vendor never lists; any other is kept."""


class EntityQuerySet(models.QuerySet):
    """Where every list, page, endpoint, export and lookup begins: `visible_to(actor)`."""

    restricts_staff = False
    """Whether `restrict_for` takes anything from the company's own people, too."""

    whole_companies: tuple[str, ...] | None = ()
    """Ids of companies, none of whose rows are kept from whoever asks: the index of words may be asked for theirs. None:
    all companies."""

    def _clone(self):
        clone = super()._clone()
        clone.whole_companies = self.whole_companies
        return clone

    def with_whole(self, companies: tuple[str, ...] | None):
        """The same rows; whoever asks for them sees all that these companies have."""
        clone = self._chain()
        clone.whole_companies = companies
        return clone

    def visible_to(self, actor: Actor):
        """The rows that exist for this actor; what is not theirs does not exist."""
        found = actor.scope(self)
        if names := self.model.sort_key_names:
            found = found._chain() if found is self else found
            found.query.add_deferred_loading(names)
        return found

    def restrict_for(self, actor: Actor):
        """What is left of a company's rows for somebody from outside (a customer's people): nothing, unless a
        model says what. Models may narrow it for others too."""
        return self.none() if actor.customer_id else self

    def search(self, text: str):
        """The rows that have, in their searched properties, a word that begins as each word of `text` (its first 200
        characters). This may cause a query."""
        return filter_by_words(self, text)


@dataclass(frozen=True)
class Mention:
    """Where a record names a person: properties, or columns of a list's rows (`comments.employee_name`). With a
    `link`, beside it, that says who it is."""

    names: tuple[str, ...]
    link: str = ""


class Entity(SortKeys, FastInstanceMixin):
    """What can be changed, and is only ever changed through `backoffice.records.writes.service`."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    status = WholeNumberField(
        _("record status"),
        default=ACTIVE,
        validators=[MinValueValidator(-(2**31)), MaxValueValidator(2**31 - 1)],
        help_text=_("1 active, 2 passive (archived)."),
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

    # What a model says about itself, for `change` and for the doors:
    kept_by_server = frozenset(
        {"id", "version", "created_at", "created_by", "last_modified_at", "last_modified_by", "search_text"}
        | {"sort_language"}
    )
    derived = frozenset()
    """Properties that follow from others: never edited, never in conflict."""
    bookkeeping = frozenset()
    """Columns that may be saved without a change, because they say nothing about the record (last log-in)."""
    value_labels = {"status": RECORD_STATUS}
    """Names of the values of a property whose rule is a range: `{"priority": Priority.choices}`."""
    name_columns: tuple[str, ...] = ()
    """The columns that `str()` and the number are made of, for where nothing else of a record is read."""
    natural_key = ""
    """The property by which people tell records of the same name apart: no two of a company have the same."""
    name_is_public = False
    """Whether the name of a record is told to people of its company who may not see the record itself: to those from
    outside (a customer's people), for instance."""
    ways_to_change = frozenset({"undo"})
    """Actions that are changes by another name in the history; who may change may do them."""
    searched = ()
    """Names of the properties that searching looks in."""
    answers: tuple[str, ...] = ()
    """Names of the properties that hold one answer to a customer: on pages, a second one replaces the first only when
    that is confirmed."""
    telephones = ()
    """Names of those of them that hold telephone numbers: found however they are written."""
    personal = ()
    """Names of the properties that tell of the person whom the record is about."""
    identifying = ()
    """Those of them by whose values other records may name that person."""
    mentions: tuple[Mention, ...] = ()
    """Where it names other people."""

    class Meta:
        abstract = True

    @classproperty
    def properties(cls) -> dict[str, ColumnProperty | CollectionProperty]:
        """The properties by name, in the order of their declaration."""
        if "_properties" not in cls.__dict__:
            found = {}
            for field in cls._meta.concrete_fields:
                if field.name not in cls.kept_by_server | cls.bookkeeping | cls.sort_key_names:
                    found[field.name] = ColumnProperty(field, field.name in cls.derived)
            for base in reversed(cls.__mro__):
                found |= {
                    name: rows for name, rows in vars(base).items() if isinstance(rows, CollectionProperty)
                }
            cls._properties = found
        return cls._properties

    @classmethod
    def names_visible_to(cls, actor: Actor) -> models.QuerySet:
        """The rows whose names this actor is told where another record points at them."""
        return cls._default_manager.visible_to(actor)

    @classmethod
    def only_name_columns(cls, found: models.QuerySet) -> models.QuerySet:
        """Records that are read for their names alone: making the rest of each takes most of the time."""
        return found.only("pk", *cls.name_columns) if cls.name_columns else found

    @classmethod
    def permission(cls, action: str) -> str:
        """The Django permission that `action` on this model takes."""
        name = "change" if action in cls.ways_to_change else action
        return f"{cls._meta.app_label}.{name}_{cls._meta.model_name}"

    @classmethod
    def unique_key(cls, name: str, value: object) -> object:
        """What no two records have in common in a unique property: the value itself, unless the model compares it otherwise."""
        return value

    def home_company_id(self) -> str | None:
        """The id of the company whose history this is part of."""
        return getattr(self, "company_id", None)

    def home_language(self) -> str:
        """The language by which readers of this record expect lists to be sorted: the company's."""
        return company_language(self.home_company_id())

    def deletion_problem(self) -> str:
        """Return why people must not remove the record as it is, and what to do; empty if they may."""
        return ""

    def compute_derived(self, draft) -> None:
        """Set the derived properties and the defaults that depend on others. `draft` is a `change.Draft`."""

    def validate_change(self, draft) -> dict[str, list]:
        """Errors by path of the rules that depend on who acts or on what was before."""
        return {}

    def allows(self, action: str, actor: Actor) -> bool:
        """Whether this very record lets an actor do what their permissions do not."""
        return False

    def erasure_values(self) -> dict[str, object]:
        """What is put in the place of personal properties that cannot do without a value, and what else changes,
        when the person is forgotten."""
        return {}

    def mention_scope(self) -> str | None:
        """The id of the company whose records may name the person; None for all of them."""
        return self.home_company_id()

    def after_redaction(self, texts: set[str]) -> None:
        """Called in the transaction that blanks something in the record or its history, with the texts that are
        taken away: for what is kept of them elsewhere."""

    def after_write(self, draft) -> None:
        """Called in the transaction that creates, changes or removes this record, after its rows are written:
        for what is kept in step with it. `draft.action` is "remove" when the record is gone."""

    @classmethod
    def visible_author(cls, row: "History", actor: Actor) -> str:
        """Who made a change, as far as this actor is to know: people from outside are told no name of the staff."""
        return row.who if not actor.customer_id or is_outsider(row.user_id, actor) else str(STAFF)

    @classmethod
    def visible_changes(cls, row: "History", actor: Actor) -> list[dict]:
        """What a history row changed, with the names in it that this actor is told."""
        return row.changes

    def visible_copy_for(self, actor: Actor) -> "Entity":
        """The record as it is shown to an actor, with the names in it that they are told."""
        return self

    def protected_reason(self, actor: Actor) -> str:
        """Why this very record is not for an actor to change or remove, although their permissions would do;
        empty if it is."""
        return ""

    def referable(self, name: str, target: type[models.Model], actor: Actor) -> models.QuerySet:
        """What property `name` may point at: what is visible to the actor, in the record's company. Provenance may name
        all whose names the actor is told."""
        if not issubclass(target, Entity):
            return target._default_manager.all()
        if name in self.kept_by_server:
            return target.names_visible_to(actor)
        found = target._default_manager.visible_to(actor)
        if getattr(self, "company_id", None) and hasattr(target, "company_id"):
            found = found.filter(company_id=self.company_id)
        return found

    def check_references(
        self, name: str, target: type[models.Model], ids: set[str], actor: Actor
    ) -> set[str]:
        """Those of `ids` that property `name` may point at."""
        return set(self.referable(name, target, actor).filter(pk__in=ids).values_list("pk", flat=True))

    def searchable(self) -> str:
        """The words that searching looks for."""
        words = []
        for name in self.searched:
            value = self.properties[name].read(self)
            words += value if isinstance(value, list) else [value]
        numbers = [number for name in self.telephones for number in numbers_of(getattr(self, name))]
        text = " ".join([*numbers, *(str(word) for word in words if word not in (None, ""))])
        return RULES + search_text_of(text)

    def copy(self):
        """A copy to change in memory; the original keeps its values."""
        made = type(self).__new__(type(self))
        made.__dict__ |= self.__dict__ | {"_state": copy.copy(self._state)}
        made._state.fields_cache = self._state.fields_cache.copy()
        return made

    def refresh_from_db(self, *args, **kwargs):
        for name, prop in self.properties.items():
            if prop.many:
                self.__dict__.pop(name, None)
        super().refresh_from_db(*args, **kwargs)

    def save(self, *args, update_fields=None, **kwargs):
        """Only for the bookkeeping columns: everything else goes through `records.change`, or it would leave
        no history and check no rights."""
        if not update_fields or not set(update_fields) <= self.bookkeeping:
            raise TypeError(
                f"A {self._meta.verbose_name} is saved by records.create and records.change only."
            )
        super().save(*args, update_fields=update_fields, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError(f"A {self._meta.verbose_name} is removed by records.remove only.")


class Record(Entity):
    """An entity of a company, with a number people call it by and perhaps a chat."""

    number = WholeNumberField(
        _("number"),
        validators=[MinValueValidator(1), MaxValueValidator(2**63 - 1)],
        help_text=_("Unique within the company. Left empty, the next free one is given."),
    )
    company = models.ForeignKey(
        "people.Company",
        models.PROTECT,
        editable=False,
        related_name="+",
        db_index=False,  # those of Meta begin with it
        verbose_name=_("company"),
    )
    chat_id = ObjectIdField(_("chat"), null=True, blank=True, default=None)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="%(app_label)s_%(class)s_number"),
        ]
        indexes = [
            # (SQLite writes to the end of an index more easily than to its beginning, and reads it from both ends.)
            models.Index(fields=["company", "last_modified_at"], name="%(app_label)s_%(class)s_new"),
            # What lists over JSON are sorted by, unless they are told otherwise.
            models.Index(fields=["company", "id"], name="%(app_label)s_%(class)s_ids"),
            models.Index(fields=["company", "created_at", "id"], name="%(app_label)s_%(class)s_made"),
        ]

    kept_by_server = Entity.kept_by_server | {"company"}
    natural_key = "number"

    def check_number(self) -> None:
        """Refuse a number that another record of the company has."""
        others = type(self)._base_manager.filter(company_id=self.company_id, number=self.number)
        if others.exclude(pk=self.pk).exists():
            raise ValidationError({"number": ValidationError(_("This number is taken."), code="unique")})


def history_record_types(
    name: str, *columns: str, order: tuple[str, ...] = ("number",)
) -> list[models.Index]:
    """The indexes by which records that have the same in these columns are found in the order of lists: over JSON by
    id, in the browser by number or by another `order`. What begins with a reference does for the reference's own index,
    too, so that has `db_index=False`."""
    return [
        models.Index(fields=[*columns, "id"], name=f"{name}_ids"),
        models.Index(fields=[*columns, *order], name=f"{name}_nos"),
    ]


class ChildRow(FastInstanceMixin):
    """A row that belongs to a record: written only by its record's change. Subclasses add `record`, the foreign
    key of what they belong to."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    position = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True
        ordering = ["position"]


class AuditEntry(FastInstanceMixin):
    """What somebody did with a record, kept for good: which record, who, when, through which door. Append-only."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    record_type = models.CharField(_("kind"), max_length=100)
    record_id = ObjectIdField(_("record"))
    record_name = models.TextField(_("name"), default="")
    company = models.ForeignKey(
        "people.Company",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # that of Meta begins with it
        verbose_name=_("company"),
    )
    at = InstantField(_("when"))
    user_id = ObjectIdField(_("user id"), null=True)
    who = LineField(_("who"))
    via = models.CharField(_("door"), max_length=10, choices=Channel.choices)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        raise TypeError("Traces are written by records.change and records.note_readings only.")

    def delete(self, *args, **kwargs):
        raise TypeError("Traces are not removed.")


class History(AuditEntry):
    """One change of one record. Append-only: a row is never removed before its company, and never changed, except that
    a person's values in it may be blanked (`redaction`)."""

    class Action(models.TextChoices):
        CREATE = "create", _("created")
        CHANGE = "change", _("changed")
        REMOVE = "remove", _("removed")
        IMPORT = "import", _("imported")
        REDACT = "redact", _("redacted")

    CREATION_ACTIONS = (Action.CREATE, Action.IMPORT)

    version = models.PositiveBigIntegerField(_("version"))
    action = models.CharField(_("action"), max_length=20)
    stamp = InstantField(_("stamp"), null=True, blank=True, editable=False)
    """The record's `last_modified_at` in this version, where that is not `at`: of an imported record."""
    changes = AnyField(_("changes"), null=False, default=list)
    """`[{"property": "contact_email", "old": …, "new": …}, …]`, plain values; an element of a list of
    sub-documents is `comments.<id>` (with its `place` when it was taken away) or `comments.<id>.comment`."""

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "version"], name="records_history_version"
            ),
        ]
        indexes = [models.Index(fields=["company", "at"], name="records_history_recent")]

    def __str__(self):
        return f"{self.record_type} {self.record_id} v{self.version}"


class SecretReading(AuditEntry):
    """Somebody was shown secrets of a record."""

    properties = AnyField(_("properties"), null=False, default=list)

    class Meta:
        verbose_name = _("reading of secrets")
        verbose_name_plural = _("readings of secrets")
        indexes = [models.Index(fields=["company", "at"], name="records_readings_recent")]

    def __str__(self):
        return f"{self.who}: {self.record_name}"


class NumberSeries(models.Model):
    """The last number given to a kind of record in a company, so that none is given twice, not even after the
    record that had it was removed."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    record_type = models.CharField(max_length=100)
    company = models.ForeignKey("people.Company", models.CASCADE, related_name="+")
    last = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [
            models.UniqueConstraint(fields=["record_type", "company"], name="records_numberseries_one")
        ]

    def __str__(self):
        return f"{self.record_type}: {self.last}"
