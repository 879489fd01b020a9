"""Building blocks of documents: properties, groups of properties, lists of objects."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from django.db import models

from backoffice.api.dialects import Dialect
from backoffice.api.schema.json_types import (
    Encoder,
    JsonType,
    ObjectId,
    encoder_for,
    list_of,
    object_of,
    require_equal_aliases,
    type_of,
)
from backoffice.db.annotations import JsonObject, ModelField
from backoffice.records.properties import ColumnProperty, ElementsProperty, RecordProperty

Bound: TypeAlias = Mapping[str, RecordProperty]
"""The model property behind each property of a shape, by attribute name."""
Read: TypeAlias = Callable[[Any], Sequence[Any]]
Picked: TypeAlias = tuple[list[str], Read]
"""The keys of an object, and a function that picks their values from a list."""
Serializer: TypeAlias = tuple[Read, list[tuple[int, Encoder]], list[Picked], Picked]
"""How to serialize a record: a function that reads all values, the encoders of values by index, the groups
(each appends one value) and the object itself."""


def model_name(key: str) -> str:
    """Convert a documented name to the model's: `roomDescription` to `room_description`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()


@dataclass(frozen=True)
class Place:
    """The place in a document of a path in the model: its JSON path, and the encoder of plain values."""

    path: str
    encode: Callable[[Any, Dialect], object]


@dataclass(frozen=True)
class Property:
    """One JSON property that maps to one property of the model.

    `name` is the model's name for it, if it does not follow from the key; `group` the object that contains it
    (`contact`); `alias` an alternative of the key in responses and bodies; `spellings` maps other accepted values to
    the documented ones; `description` replaces the model's label in the OpenAPI document where that is too
    short.
    """

    key: str
    name: str = ""
    group: str = ""
    alias: str = ""
    spellings: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    is_version_stamp: bool = False
    """Whether it identifies the version that the client read."""

    is_fixed = False
    writable = True

    @cached_property
    def path(self) -> str:
        return f"{self.group}.{self.key}" if self.group else self.key

    @cached_property
    def attribute(self) -> str:
        return self.name or model_name(f"{self.group}_{self.key}" if self.group else self.key)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The key and its alias."""
        return (self.key, self.alias) if self.alias else (self.key,)

    def json_type(self, bound: RecordProperty) -> JsonType:
        """Return the type for pydantic."""
        plain = type_of(_field_of(bound))
        return list_of(plain) if bound.many else plain

    def decode(self, sent: Any) -> object:
        """Convert a sent value that passed the type check to the model's value."""
        return self.spellings.get(sent, sent) if self.spellings and isinstance(sent, str) else sent

    def encoder(self, bound: RecordProperty, dialect: Dialect) -> Encoder | None:
        """Return the function that encodes values other than None for responses, or None if they need no
        encoding."""
        encode = encoder_for(_field_of(bound), dialect)
        if not bound.many or encode is None:
            return encode
        return lambda value: [None if entry is None else encode(entry) for entry in value]

    def encode(self, bound: RecordProperty, value: Any, dialect: Dialect) -> Any:
        """Encode a value of the model for responses."""
        encode = self.encoder(bound, dialect)
        return encode(value) if encode and value is not None else value

    def locate(self, bound: RecordProperty, rest: list[str]) -> Place:
        """Return the place of a path that starts with this property; `rest` are the steps after its name."""
        return Place(
            ".".join([self.path, *rest]),
            lambda plain, dialect: self.encode(bound, bound.from_plain(plain), dialect),
        )


@dataclass(frozen=True)
class ReadOnly(Property):
    """A property that the server sets. It may be sent and is never written. A property with `is_fixed` must be sent
    unchanged; for the others any value is accepted."""

    is_fixed: bool = False

    writable = False

    def json_type(self, bound: RecordProperty) -> JsonType:
        if not self.is_fixed:
            return Any
        return ObjectId | None if _field_of(bound).null else ObjectId  # superusers may have no company


def _picker(names: Sequence[str] | Sequence[int]) -> Read:
    """Return an `itemgetter` that returns a sequence even for one name."""
    return itemgetter(*names) if len(names) > 1 else lambda source: [source[name] for name in names]


def _record_reader(props: list[RecordProperty]) -> Read:
    """Return a function that reads the properties of a record, from `__dict__` where possible: descriptors of
    references are slow (see docs/performance.md)."""
    names = [prop.attname for prop in props]
    if len(names) < 2 or not all(prop.many or prop.has_plain_attribute for prop in props):
        return lambda record: [getattr(record, name) for name in names]
    read_stored: Read = itemgetter(*names)
    read_attributes: Read = attrgetter(*names)

    def read(record: Any) -> Sequence[Any]:
        try:
            return read_stored(record.__dict__)
        except KeyError:  # a list that is not loaded yet
            return read_attributes(record)

    return read


class Shape:
    """A JSON object with its properties in documented order."""

    def __init__(self, name: str, *properties: Property | tuple[Property, ...]):
        self.name = name
        self.properties: list[Property] = []
        for item in properties:
            self.properties += item if isinstance(item, tuple) else [item]
        self._by_attribute = {leaf.attribute: leaf for leaf in self.properties}
        self._has_groups = any(leaf.group for leaf in self.properties)
        self._by_key = {key: leaf for leaf in self.properties if leaf.writable for key in leaf.keys}
        self._serializers: dict[tuple[int, bool, frozenset[str], Dialect], Serializer] = {}

    def json_type(self, bound: Bound, extra_types: Mapping[str, JsonType] | None = None) -> JsonType:
        """Return the type of bodies for pydantic. `extra_types` are those of properties that the model does not
        have."""
        types: dict[str, JsonType] = dict(extra_types or {})
        for leaf in self.properties:
            within = types.setdefault(leaf.group, {}) if leaf.group else types
            within |= dict.fromkeys(leaf.keys, leaf.json_type(bound[leaf.attribute]))
        for group in {leaf.group for leaf in self.properties} - {""}:
            types[group] = object_of(f"{self.name}{group.title()}", types[group])
        pairs = [leaf.keys for leaf in self.properties if leaf.alias]
        return (
            require_equal_aliases(object_of(self.name, types), pairs)
            if pairs
            else object_of(self.name, types)
        )

    def iterate_sent(
        self, body: JsonObject, properties: Iterable[Property] | None = None
    ) -> Iterator[tuple[Property, tuple[str, ...], Any]]:
        """Yield each property that is present in a body, with its path and the sent value. `properties` restricts
        the search to some properties."""
        for leaf in self.properties if properties is None else properties:
            within = body.get(leaf.group) if leaf.group else body
            if within is not body and not isinstance(within, dict):
                continue
            for key in leaf.keys:
                if key in within:
                    yield leaf, (leaf.group, key) if leaf.group else (key,), within[key]

    def values(self, body: JsonObject) -> dict[str, object]:
        """Return the model's values, by attribute name, of all writable properties in a body that passed the
        type check."""
        if not self._has_groups:  # the objects in lists, of which there may be many
            leaves = self._by_key
            return {leaves[key].attribute: leaves[key].decode(body[key]) for key in body if key in leaves}
        return {
            leaf.attribute: leaf.decode(value)
            for leaf, _path, value in self.iterate_sent(body)
            if leaf.writable
        }

    def serialize(
        self, bound: Bound, source: object, dialect: Dialect, hidden: Collection[str] = frozenset()
    ) -> JsonObject:
        """Return the JSON object of a record, or of a dict of the model's values, without the `hidden`
        properties."""
        return self.serialize_many(bound, [source], dialect, hidden)[0]

    def serialize_many(
        self, bound: Bound, sources: Sequence[object], dialect: Dialect, hidden: Collection[str] = frozenset()
    ) -> list[JsonObject]:
        """Return the JSON objects of several records or dicts."""
        if not sources:
            return []
        is_dict = isinstance(sources[0], dict)
        serializer = self._serializer_for(bound, is_dict, frozenset(hidden), dialect)
        read, encoders, groups, (keys, picked) = serializer
        make_object, answers = dialect.make_object, []
        for source in sources:
            values = [*read(source)]
            for index, encode in encoders:
                if (value := values[index]) is not None:
                    values[index] = encode(value)
            for names, within in groups:
                values.append(make_object(zip(names, within(values), strict=True)) or None)
            answers.append(make_object(zip(keys, picked(values), strict=True)))
        return answers

    def _serializer_for(
        self, bound: Bound, is_dict: bool, hidden: frozenset[str], dialect: Dialect
    ) -> Serializer:
        """Return the cached serializer. `bound` lives as long as the shape, so its id is a safe key."""
        serializer = self._serializers.get((id(bound), is_dict, hidden, dialect))
        if serializer is None:
            leaves = [leaf for leaf in self.properties if leaf.attribute not in hidden]
            read = (
                _picker([leaf.attribute for leaf in leaves])
                if is_dict
                else _record_reader([bound[leaf.attribute] for leaf in leaves])
            )
            encoders = [
                (index, encode)
                for index, leaf in enumerate(leaves)
                if (encode := leaf.encoder(bound[leaf.attribute], dialect)) is not None
            ]
            groups: dict[str, list[int]] = {}
            keys: dict[str, int] = {}
            for index, leaf in enumerate(leaves):
                if leaf.group:
                    keys.setdefault(leaf.group, len(leaves) + len(groups))
                    groups.setdefault(leaf.group, []).append(index)
                else:
                    keys |= dict.fromkeys(leaf.keys, index)
            within = [
                ([leaves[index].key for index in indexes], _picker(indexes)) for indexes in groups.values()
            ]
            whole = list(keys), _picker(list(keys.values()))
            serializer = read, encoders, within, whole
            self._serializers[id(bound), is_dict, hidden, dialect] = serializer
        return serializer

    def locate(self, bound: Bound, path: list[str]) -> Place:
        """Return the place of a path in the model."""
        name, *rest = path
        if leaf := self._by_attribute.get(name):
            return leaf.locate(bound[name], rest)
        return Place(".".join(path), lambda plain, dialect: plain)


@dataclass(frozen=True)
class NestedList(Property):
    """A list of objects: rows with several fields, or sub-documents with ids."""

    shape: Shape = field(kw_only=True)

    def json_type(self, bound: RecordProperty) -> JsonType:
        return list_of(self.shape.json_type(item_properties(bound)))

    def decode(self, sent: Any) -> object:
        return [self.shape.values(item) for item in sent]

    def encoder(self, bound: RecordProperty, dialect: Dialect) -> Encoder:
        parts = item_properties(bound)
        return lambda value: self.shape.serialize_many(parts, value, dialect)

    def locate(self, bound: RecordProperty, rest: list[str]) -> Place:
        if not rest:
            return super().locate(bound, rest)
        item, *below = rest
        if below:
            inner = self.shape.locate(item_properties(bound), below)
            return Place(f"{self.path}.{item}.{inner.path}", inner.encode)

        def encode(plain: object, dialect: Dialect) -> object:
            return None if plain is None else self.encode(bound, bound.from_plain([plain]), dialect)[0]

        return Place(f"{self.path}.{item}", encode)


def group(key: str, *properties: Property) -> tuple[Property, ...]:
    """Put properties into a nested object of the document; in the model they stay properties of the
    record."""
    return tuple(replace(leaf, group=key) for leaf in properties)


@cache
def item_properties(prop: RecordProperty) -> Bound:
    """Return the model properties behind the objects in a list: columns, the id and nested lists."""
    if not prop.many:
        raise TypeError(f"{prop.name} is not a list.")
    parts: dict[str, RecordProperty] = {**prop.columns()}
    if isinstance(prop, ElementsProperty):
        parts |= {"id": undeclared_column(prop.model, "id"), **prop.nested}
    return parts


def undeclared_column(model: type[models.Model], name: str) -> ColumnProperty:
    """Return a column that is not a property of a record."""
    column = model._meta.get_field(name)
    if not isinstance(column, models.Field):
        raise TypeError(f"{name} is not a column.")
    return ColumnProperty(column, False)


def _field_of(bound: RecordProperty) -> ModelField:
    """Return the field of a property; of a list of plain values, that of its entries."""
    if not bound.many:
        return bound.field
    (entry,) = item_properties(bound).values()
    return _field_of(entry)
