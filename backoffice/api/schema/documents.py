"""Documents: declarations of the JSON form of records. Request bodies are parsed, responses serialized and
the OpenAPI document generated from them."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import TypeAdapter

from backoffice.api.dialects import PLAND, Dialect
from backoffice.api.errors import Faults
from backoffice.api.schema.fields import Bound, NestedList, Place, Property, ReadOnly, Shape, group
from backoffice.api.schema.json_types import Flag, find_type_errors, parse_stamp
from backoffice.api.schema.paths import has_path, original_path, remove_paths
from backoffice.api.schema.unchanged_items import UnchangedItems
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
"""The documents of complete records, by the slug that exports and imports use."""

STATUS = group(
    "status",
    Property("status", "status"),
    ReadOnly("createdAt", "created_at"),
    ReadOnly("createdBy", "created_by"),
    ReadOnly("lastModifiedAt", "last_modified_at", is_version_stamp=True),
    ReadOnly("lastModifiedBy", "last_modified_by"),
)

ENTITY = (
    ReadOnly("_id", "id", is_fixed=True),
    Property("number"),
    ReadOnly("companyId", "company", is_fixed=True),
    *STATUS,
    Property("chatId", description="Chat id"),
)
"""The properties that all entities of the facility system share."""


def _fixed_fault(leaf: Property, record: Entity) -> ValidationError:
    """Return the error for a changed value of a property that the server sets."""
    if record._state.adding and leaf.attribute == "id":
        return ValidationError(_("Leave this out: the server assigns the id."), code="fixed")
    if record._state.adding:
        return ValidationError(_("Leave this out: a new record belongs to your own company."), code="fixed")
    return ValidationError(_("This cannot be changed."), code="fixed")


class Document(Shape):
    """The JSON form of a record.

    `slug` names the type of record in exports and imports. A document of only some of a record's properties,
    such as the body of an action, has a `name` of its own and no slug. `dialect` is the dialect of exports.
    `options` are boolean properties of the body that are not properties of the record, with their defaults.
    `example` is an example of a response."""

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
        known = getattr(self.model, "properties", {})  # child rows of a record have none
        return {
            leaf.attribute: known.get(leaf.attribute)
            or ColumnProperty(self.model._meta.get_field(leaf.attribute), False)
            for leaf in self.properties
        }

    @cached_property
    def adapter(self) -> TypeAdapter:
        """The pydantic validator of bodies."""
        return TypeAdapter(self.json_type(self.bound, dict.fromkeys(self.options, Flag)))

    def option(self, body: dict, name: str) -> bool:
        """Return the value of an option in a body that passed the type check."""
        return body.get(name, self.options[name])

    def faults(self, body: dict, record: Entity, unstorable: Faults, required: Iterable[str] = ()) -> Faults:
        """Return the errors of a body that do not need the model: values that cannot be stored (`unstorable`,
        from the parser), wrong types, missing `required` properties and changes of fixed properties."""
        rest, gaps = remove_paths(body, unstorable)
        wrong = find_type_errors(self.adapter, rest)
        faults = unstorable | {original_path(path, gaps): fault for path, fault in wrong.items()}
        for path in required:
            steps = tuple(path.split("."))
            if not has_path(body, steps) and not any(
                steps[:length] in faults for length in range(len(steps))
            ):
                faults[steps] = ValidationError(_("This is required."), code="required")
        for leaf, path, value in self.iterate_sent(body, self._fixed):
            if path not in faults and (value and value.lower()) != self.bound[leaf.attribute].read(record):
                faults[path] = _fixed_fault(leaf, record)
        for _leaf, path, value in self.iterate_sent(body, self._stamps):
            try:
                parse_stamp(value)
            except ValidationError as error:
                faults.setdefault(path, error)
        return faults

    def drop_nulls(self, body: dict, names: Collection[str]) -> dict:
        """Return the body without those of the named model properties that are null in it."""
        keys = {leaf.key for leaf in self.properties if leaf.attribute in names and not leaf.group}
        return {key: value for key, value in body.items() if value is not None or key not in keys}

    def reduce_unchanged_items(self, body: dict, record: Entity, dialect: Dialect) -> dict:
        """Return the body with unchanged objects in its lists reduced to their ids."""
        shorter = {
            each.items.key: each.reduce(body[each.items.key], each.rows.read(record), dialect)
            for each in self._unchanged_items
            if each.items.key in body
        }
        return body | shorter if shorter else body

    @cached_property
    def _unchanged_items(self) -> list[UnchangedItems]:
        return UnchangedItems.for_properties((leaf, self.bound[leaf.attribute]) for leaf in self.properties)

    def find_forbidden(self, body: dict, record: Entity, actor: Actor) -> dict[str, str]:
        """Return the paths of the properties in a body that the actor may not change, with the required
        permission."""
        return {
            ".".join(path): self.bound[leaf.attribute].guard.permission
            for leaf, path, _value in self.iterate_sent(body, self._guarded_leaves)
            if leaf.writable and not actor.may("change", record, leaf.attribute)
        }

    def find_base_version(self, body: dict, record: Entity) -> int | None:
        """Return the version that the client read, as identified by the stamp in the body, or None.

        A stamp identifies the version with exactly this instant, in any notation. Other stamps are
        ignored."""
        for _leaf, _path, value in self.iterate_sent(body, self._stamps):
            with suppress(ValidationError):  # reported by `faults`
                if stamp := parse_stamp(value):
                    return version_at(record, stamp)
        return None

    def hidden(self, record: Entity, actor: Actor) -> set[str]:
        """Return the names of the properties that the actor may not see, or that cannot be decrypted. They
        are left out of responses: a client that reads, edits and sends a null back would erase the stored
        value."""
        hidden: set[str] = set()
        for names in self._guarded_groups:
            may = actor.may("view", record, names[0])
            hidden.update(name for name in names if not may or is_unreadable(self.bound[name].read(record)))
        return hidden

    @cached_property
    def _guarded_groups(self) -> list[list[str]]:
        """The guarded properties, grouped by guard, so that each permission is checked once per record."""
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
        return [leaf for leaf in self.properties if isinstance(leaf, ReadOnly) and leaf.is_fixed]

    @cached_property
    def _stamps(self) -> list[ReadOnly]:
        return [leaf for leaf in self.properties if isinstance(leaf, ReadOnly) and leaf.is_version_stamp]

    def serialize_record(self, record: Entity, actor: Actor, dialect: Dialect) -> dict:
        """Serialize a record without the properties that the actor may not see."""
        hidden = self.hidden(record, actor)
        return self.serialize(self.bound, record.visible_copy_for(actor), dialect, hidden)

    def serialize_records(self, records: list[Entity], actor: Actor, dialect: Dialect) -> list[dict]:
        """Serialize several records, with as many queries as for one."""
        load_collections(records, [name for name, prop in self.bound.items() if prop.many])
        if self._guarded_leaves:
            return [self.serialize_record(record, actor, dialect) for record in records]
        return self.serialize_many(self.bound, records, dialect)

    @cached_property
    def scalars(self) -> dict[str, ColumnProperty]:
        """The properties by which lists can be sorted and filtered, by path: plain ones without a guard."""
        return {
            leaf.path: self.bound[leaf.attribute]
            for leaf in self.properties
            if not self.bound[leaf.attribute].many
            and not self._guarded(leaf)
            and not isinstance(self.bound[leaf.attribute].field, (AnyField, OpenObjectField, TextListField))
        }

    @cached_property
    def plain_lists(self) -> dict[str, CollectionProperty]:
        """The lists of plain values, by path."""
        return {
            leaf.path: self.bound[leaf.attribute]
            for leaf in self.properties
            if self.bound[leaf.attribute].many
            and not isinstance(leaf, NestedList)
            and not isinstance(self.bound[leaf.attribute], ManyToManyProperty)
        }

    def place_of(self, path: str) -> Place:
        """Return the place in the document of a path in the model (`comments.2.employee_name`)."""
        return self.locate(self.bound, path.split("."))

    def position(self, name: str) -> int:
        """Return the index of a property in the document. Unknown names come last."""
        return self._order.get(name, len(self._order))

    @cached_property
    def _order(self) -> dict[str, int]:
        names = dict.fromkeys(leaf.group or leaf.key for leaf in self.properties)
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def has_secrets(self) -> bool:
        """Whether reads of it are recorded in the access log."""
        return any(prop.guard is not None and prop.guard.secret for prop in self.bound.values())

    def is_hashed(self, name: str) -> bool:
        """Whether the history contains only a hash of a property, which responses must not contain."""
        guard = self.bound[name].guard
        return guard is not None and guard.hashed

    def _guarded(self, leaf: Property) -> bool:
        return self.bound[leaf.attribute].guard is not None
