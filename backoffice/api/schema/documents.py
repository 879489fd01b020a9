"""A document: the JSON form of a record, declared once by its desk. Bodies are read and answers written by the
declaration, and whatever describes the interface can be made from it."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from backoffice.api.dialects import PLAND, Dialect
from backoffice.api.errors import Faults
from backoffice.api.schema.echo_detection import UnchangedItems
from backoffice.api.schema.fields import Bound, NestedList, Place, Property, ReadOnly, Shape, group
from backoffice.api.schema.json_types import Flag, stamp_of, type_faults
from backoffice.api.schema.paths import before_pruning, has_path, without
from backoffice.records.actors import Actor
from backoffice.records.fields import AnyField, OpenObjectField, TextListField, is_unreadable
from backoffice.records.history import version_at
from backoffice.records.models import Entity
from backoffice.records.properties import (
    CollectionProperty,
    ColumnProperty,
    ManyToManyProperty,
    load_collections,
)

registered_documents: dict[str, "Document"] = {}
"""The documents of whole records, by what exports and imports call them."""

STATUS = group(
    "status",
    Property("status", "status"),
    ReadOnly("createdAt", "created_at"),
    ReadOnly("createdBy", "created_by"),
    ReadOnly("lastModifiedAt", "last_modified_at", stamp=True),
    ReadOnly("lastModifiedBy", "last_modified_by"),
)

ENTITY = (
    ReadOnly("_id", "id", fixed=True),
    Property("number"),
    ReadOnly("companyId", "company", fixed=True),
    *STATUS,
    Property("chatId", description="The id of the chat about it"),
)
"""What the facility system calls the base class of all entities."""


def _fixed_fault(leaf: Property, record: Entity) -> ValidationError:
    """Return what is wrong with sending another value of what the server keeps."""
    if record._state.adding and leaf.attribute == "id":
        return ValidationError(_("Leave this out: the server gives a new record its id."), code="fixed")
    if record._state.adding:
        return ValidationError(_("Leave this out: a new record belongs to your own company."), code="fixed")
    return ValidationError(_("This cannot be changed."), code="fixed")


class Document(Shape):
    """A record's JSON form. `slug` is what exports and imports call its kind; a document of only some of a
    record's properties, such as what an action takes, has a `name` of its own and no slug. `dialect` is what exports
    write it in. `options` are switches
    that are no properties of the record, each with its default. `example` is one, as it is answered."""

    def __init__(
        self,
        model: type[Entity],
        *properties: Property | tuple[Property, ...],
        name: str = "",
        slug: str = "",
        dialect: Dialect = PLAND,
        options: Mapping[str, bool] | None = None,
        example: Mapping[str, object] | None = None,
    ):
        super().__init__(name or model.__name__, *properties)
        self.model = model
        self.slug = slug
        self.dialect = dialect
        self.options = options or {}
        self.example = example or {}
        if slug:
            registered_documents[slug] = self

    @cached_property
    def bound(self) -> Bound:
        known = getattr(self.model, "properties", {})  # rows that belong to a record have none
        return {
            leaf.attribute: known.get(leaf.attribute)
            or ColumnProperty(self.model._meta.get_field(leaf.attribute), False)
            for leaf in self.properties
        }

    @cached_property
    def adapter(self) -> TypeAdapter:
        """What pydantic makes of the declaration."""
        return TypeAdapter(self.json_type(self.bound, dict.fromkeys(self.options, Flag)))

    def option(self, body: dict, name: str) -> bool:
        """A switch in a body whose types are right."""
        return body.get(name, self.options[name])

    def faults(self, body: dict, record: Entity, unstorable: Faults, required: Iterable[str] = ()) -> Faults:
        """What is wrong with a body before the model is asked: what no property may hold
        (`unstorable`, which pydantic could not even report), wrong types, what is `required` and missing, and what
        cannot be changed."""
        rest, gaps = without(body, unstorable)
        wrong = type_faults(self.adapter, rest)
        faults = unstorable | {before_pruning(path, gaps): fault for path, fault in wrong.items()}
        for path in required:
            steps = tuple(path.split("."))
            if not has_path(body, steps) and not any(
                steps[:length] in faults for length in range(len(steps))
            ):
                faults[steps] = ValidationError(_("This is required."), code="required")
        for leaf, path, value in self.sent(body, self._fixed):
            if path not in faults and (value and value.lower()) != self.bound[leaf.attribute].read(record):
                faults[path] = _fixed_fault(leaf, record)
        for _leaf, path, value in self.sent(body, self._stamps):
            try:
                stamp_of(value)
            except ValidationError as error:
                faults.setdefault(path, error)
        return faults

    def without_nulls(self, body: dict, names: Collection[str]) -> dict:
        """Return the body without those of some properties of the model that are null in it."""
        keys = {leaf.key for leaf in self.properties if leaf.attribute in names and not leaf.group}
        return {key: value for key, value in body.items() if value is not None or key not in keys}

    def without_echoes(self, body: dict, record: Entity, dialect: Dialect) -> dict:
        """The body with no more than the ids of those objects in its lists that are as they would be answered."""
        shorter = {
            each.items.key: each.by_id(body[each.items.key], each.rows.read(record), dialect)
            for each in self._echoes
            if each.items.key in body
        }
        return body | shorter if shorter else body

    @cached_property
    def _echoes(self) -> list[UnchangedItems]:
        return UnchangedItems.among((leaf, self.bound[leaf.attribute]) for leaf in self.properties)

    def out_of_bounds(self, body: dict, record: Entity, actor: Actor) -> dict[str, str]:
        """Return the paths of properties in a body that the actor may not touch, each with the permission it takes."""
        return {
            ".".join(path): self.bound[leaf.attribute].guard.permission
            for leaf, path, _value in self.sent(body, self._guarded_leaves)
            if leaf.writable and not actor.may("change", record, leaf.attribute)
        }

    def version_read(self, body: dict, record: Entity) -> int | None:
        """Return the version that the body's stamp names, None if it names none.

        A stamp names the version that has exactly this one, however the instant is written. Any other is ignored."""
        for _leaf, _path, value in self.sent(body, self._stamps):
            with suppress(ValidationError):  # one of the `faults`
                if stamp := stamp_of(value):
                    return version_at(record, stamp)
        return None

    def hidden(self, record: Entity, actor: Actor) -> set[str]:
        """The model's properties that are not for the actor to see, or that nobody can read: a null would be sent
        back by whoever reads, changes and sends, and wipe what is kept."""
        hidden: set[str] = set()
        for names in self._guarded_alike:
            may = actor.may("view", record, names[0])
            hidden.update(name for name in names if not may or is_unreadable(self.bound[name].read(record)))
        return hidden

    @cached_property
    def _guarded_alike(self) -> list[list[str]]:
        """The guarded properties, those together that are for the same eyes: it is asked once whose they are."""
        found: dict[tuple[str, str], list[str]] = {}
        for leaf in self._guarded_leaves:
            guard = self.bound[leaf.attribute].guard
            found.setdefault((guard.permission, guard.or_user), []).append(leaf.attribute)
        return list(found.values())

    @cached_property
    def _guarded_leaves(self) -> list[Property]:
        return [leaf for leaf in self.properties if self._guarded(leaf)]

    @cached_property
    def _fixed(self) -> list[ReadOnly]:
        return [leaf for leaf in self.properties if isinstance(leaf, ReadOnly) and leaf.fixed]

    @cached_property
    def _stamps(self) -> list[ReadOnly]:
        return [leaf for leaf in self.properties if isinstance(leaf, ReadOnly) and leaf.stamp]

    def of(self, record: Entity, actor: Actor, dialect: Dialect) -> dict:
        """The document of a record, without what the actor may not see."""
        hidden = self.hidden(record, actor)
        return self.answer(self.bound, record.visible_copy_for(actor), dialect, hidden)

    def of_many(self, records: list[Entity], actor: Actor, dialect: Dialect) -> list[dict]:
        """The documents of several records, in as many queries as of one."""
        load_collections(records, [name for name, prop in self.bound.items() if prop.many])
        if self._guarded_leaves:
            return [self.of(record, actor, dialect) for record in records]
        return self.answers(self.bound, records, dialect)

    @cached_property
    def scalars(self) -> dict[str, ColumnProperty]:
        """What lists may be sorted and asked by, by its path: the plain properties that everybody may see."""
        return {
            leaf.path: self.bound[leaf.attribute]
            for leaf in self.properties
            if not self.bound[leaf.attribute].many
            and not self._guarded(leaf)
            and not isinstance(self.bound[leaf.attribute].field, (AnyField, OpenObjectField, TextListField))
        }

    @cached_property
    def plain_lists(self) -> dict[str, CollectionProperty]:
        """Its lists of plain values, by path."""
        return {
            leaf.path: self.bound[leaf.attribute]
            for leaf in self.properties
            if self.bound[leaf.attribute].many
            and not isinstance(leaf, NestedList)
            and not isinstance(self.bound[leaf.attribute], ManyToManyProperty)
        }

    def place_of(self, path: str) -> Place:
        """Where a path of the model (`comments.2.employee_name`) leads."""
        return self.place(self.bound, path.split("."))

    def position(self, name: str) -> int:
        """How far down the document a property stands; what is none comes last."""
        return self._order.get(name, len(self._order))

    @cached_property
    def _order(self) -> dict[str, int]:
        names = dict.fromkeys(leaf.group or leaf.key for leaf in self.properties)
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def has_secrets(self) -> bool:
        """Whether reading it is written down."""
        return any(prop.guard is not None and prop.guard.secret for prop in self.bound.values())

    def is_hashed(self, name: str) -> bool:
        """Whether history has only a hash of a property, which is for nobody to read."""
        guard = self.bound[name].guard
        return guard is not None and guard.hashed

    def _guarded(self, leaf: Property) -> bool:
        return self.bound[leaf.attribute].guard is not None
