"""Documents: declarations of the JSON form of records. Request bodies are parsed, responses serialized and
the OpenAPI document generated from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import TypeAdapter
from pydantic import ValidationError as TypeErrors

from backoffice.api.annotations import BodyErrors
from backoffice.api.dialects import PLAND, Dialect
from backoffice.api.errors import MAX_ERRORS
from backoffice.api.schema.fields import (
    Bound,
    NestedList,
    Place,
    Property,
    ReadOnly,
    Shape,
    group,
    item_properties,
    undeclared_column,
)
from backoffice.api.schema.json_types import Flag, parse_stamp, type_errors
from backoffice.api.schema.paths import has_path, original_path, remove_paths
from backoffice.db.annotations import JsonObject
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


def _fixed_error(leaf: Property, record: Entity) -> ValidationError:
    """Return the error for a changed value of a property that the server sets."""
    if record._state.adding and leaf.attribute == "id":
        return ValidationError(_("Leave this out: the server assigns the id."), code="fixed")
    if record._state.adding:
        return ValidationError(_("Leave this out: a new record belongs to your own company."), code="fixed")
    return ValidationError(_("This cannot be changed."), code="fixed")


@dataclass(frozen=True)
class ParsedBody:
    """A request body, as `Document.parse` reads it: the model's values by name, without those that have errors; the
    version that the author read, if the body says which; and the errors by path."""

    body: JsonObject
    values: dict[str, object]
    base: int | None
    errors: BodyErrors


class Document(Shape):
    """The JSON form of a record.

    `slug` names the type of record in exports and imports. A document of only some of a record's properties,
    such as the body of an action, has a `name` of its own and no slug. `dialect` is the dialect of exports.
    `options` are boolean properties of the body that are not properties of the record, with their defaults.
    `example` is an example of a response. `exported` are properties that only exports and imports have. A document of one
    element of a list has the list's name in `element_of`."""

    def __init__(
        self,
        model: type[Entity],
        *properties: Property | tuple[Property, ...],
        name: str = "",
        slug: str = "",
        dialect: Dialect = PLAND,
        options: Mapping[str, bool] | None = None,
        example: Mapping[str, object] | None = None,
        exported: tuple[Property, ...] = (),
        element_of: str = "",
    ):
        super().__init__(name or model.__name__, *properties)
        self.model = model
        self.slug = slug
        self.dialect = dialect
        self.options = options or {}
        self.example = example or {}
        self.exported = exported
        self.element_of = element_of
        if slug:
            registered_documents[slug] = self

    @cached_property
    def bound(self) -> Bound:
        if self.element_of:
            return item_properties(self.model.properties[self.element_of])
        known = getattr(self.model, "properties", {})  # child rows of a record have none
        return {
            leaf.attribute: known.get(leaf.attribute) or undeclared_column(self.model, leaf.attribute)
            for leaf in self.properties
        }

    @cached_property
    def adapter(self) -> TypeAdapter[JsonObject]:
        """The pydantic validator of bodies."""
        return TypeAdapter(self.json_type(self.bound, dict.fromkeys(self.options, Flag)))

    def option(self, body: JsonObject, name: str) -> bool:
        """Return the value of an option in a body that passed the type check."""
        value: bool = body.get(name, self.options[name])
        return value

    def parse(
        self,
        body: JsonObject,
        record: Entity,
        unstorable: BodyErrors | None = None,
        required: Iterable[str] = (),
    ) -> "ParsedBody":
        """Return the model's values of a body, the version that its author read and the errors that do not need the
        model: values that cannot be stored (`unstorable`, from the parser), wrong types, missing `required`
        properties and changes of fixed properties. Of more than MAX_ERRORS, only some are found, and no value."""
        errors = dict(unstorable or {})
        if len(errors) > MAX_ERRORS:
            return ParsedBody(body, {}, None, errors)
        rest, gaps = remove_paths(body, errors) if errors else (body, {})
        try:
            self.adapter.validate_python(rest)
        except TypeErrors as error:
            found = type_errors(error, MAX_ERRORS + 1)
            errors |= {original_path(path, gaps): one for path, one in found.items()}
        if len(errors) > MAX_ERRORS:
            return ParsedBody(body, {}, None, errors)
        for name in required:
            steps = tuple(name.split("."))
            if not has_path(body, steps) and not any(
                steps[:length] in errors for length in range(len(steps))
            ):
                errors[steps] = ValidationError(_("This is required."), code="required")
        base = None
        for leaf, path, value in self.iterate_sent(body, self._checked_leaves):
            if leaf.is_fixed:
                if path not in errors and (value and value.lower()) != self.bound[leaf.attribute].read(
                    record
                ):
                    errors[path] = _fixed_error(leaf, record)
            else:
                try:
                    base = self._version_at(record, value) if base is None else base
                except ValidationError as error:
                    errors.setdefault(path, error)
        values = self.values(remove_paths(body, errors)[0] if errors else body)
        return ParsedBody(body, values, base, errors)

    @staticmethod
    def _version_at(record: Entity, sent: object) -> int | None:
        """Return the version with exactly the stamp that was sent, in any notation; None for other stamps. Raises
        ValidationError for text that is not a stamp."""
        stamp = parse_stamp(sent)
        return None if stamp is None or record._state.adding else version_at(record, stamp)

    def sent_names(self, body: JsonObject) -> list[str]:
        """Return the names of the model's properties that a body would write, whether their values are valid or not."""
        return [leaf.attribute for leaf, _path, _value in self.iterate_sent(body) if leaf.writable]

    def drop_nulls(self, body: JsonObject, names: Collection[str]) -> JsonObject:
        """Return the body without those of the named model properties that are null in it."""
        keys = {leaf.key for leaf in self.properties if leaf.attribute in names and not leaf.group}
        return {key: value for key, value in body.items() if value is not None or key not in keys}

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
        for leaf in self.properties:
            if (guard := self.bound[leaf.attribute].guard) is not None:
                found.setdefault((guard.permission, guard.or_user), []).append(leaf.attribute)
        return list(found.values())

    @cached_property
    def _checked_leaves(self) -> list[Property]:
        """The properties to compare with the record: fixed ones and version stamps."""
        return [leaf for leaf in self.properties if leaf.is_fixed or leaf.is_version_stamp]

    def serialize_record(self, record: Entity, actor: Actor, dialect: Dialect) -> JsonObject:
        """Serialize a record without the properties that the actor may not see."""
        hidden = self.hidden(record, actor)
        return self.serialize(self.bound, record.visible_copy_for(actor), dialect, hidden)

    def serialize_records(
        self, records: Sequence[Entity], actor: Actor, dialect: Dialect
    ) -> list[JsonObject]:
        """Serialize several records, with as many queries as for one."""
        load_collections(records, [name for name, prop in self.bound.items() if prop.many])
        if self._guarded_groups:
            return [self.serialize_record(record, actor, dialect) for record in records]
        return self.serialize_many(self.bound, records, dialect)

    @cached_property
    def scalars(self) -> dict[str, ColumnProperty]:
        """The properties by which lists can be sorted and filtered, by path: plain ones without a guard."""
        return {
            leaf.path: prop
            for leaf in self.properties
            if not (prop := self.bound[leaf.attribute]).many
            and prop.guard is None
            and not isinstance(prop.field, (AnyField, OpenObjectField, TextListField))
        }

    @cached_property
    def plain_lists(self) -> dict[str, CollectionProperty]:
        """The lists of plain values, by path."""
        return {
            leaf.path: prop
            for leaf in self.properties
            if (prop := self.bound[leaf.attribute]).many
            and not isinstance(leaf, NestedList)
            and not isinstance(prop, ManyToManyProperty)
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
