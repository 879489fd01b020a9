"""The parts documents are declared with: properties, groups of them, lists of objects."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from operator import attrgetter, itemgetter
from typing import Any

from backoffice.api.dialects import Dialect
from backoffice.api.schema.json_types import Giver, ObjectId, giver_of, object_of, one_of_each, type_of
from backoffice.records.properties import CollectionProperty, ColumnProperty, ElementRow

Bound = Mapping[str, ColumnProperty | CollectionProperty]
"""What of the model each property of a shape is, by the model's name for it."""
Read = Callable[[object], Iterable[object]]
Picked = tuple[list[str], Read]
"""The keys of an object, and what picks their values out of a list."""
Plan = tuple[Read, list[tuple[int, Giver]], list[Picked], Picked]
"""What reads all values at once; what makes those of the answer of the model's, by place; the objects within, each of
which is one more value; and the object itself."""


def model_name(key: str) -> str:
    """`roomDescription` is `room_description`: the model has the documented names, in Python's spelling."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()


@dataclass(frozen=True)
class Place:
    """Where a path of the model leads in a document: the JSON path, and how a plain value reads there."""

    path: str
    given: Callable[[object, Dialect], object]


@dataclass(frozen=True)
class Property:
    """One JSON property that is one property of the model.

    `name` is the model's name for it, where that does not follow from the key; `group` the object it stands in
    (`contact`); `also` another key it is answered and may be sent by; `spellings` what else is accepted for a value; `description` what
    it is, where the model's own word for it says too little to who does not see the page.
    """

    key: str
    name: str = ""
    group: str = ""
    also: str = ""
    spellings: Mapping[str, str] = field(default_factory=dict)
    description: str = ""

    writable = True

    @cached_property
    def path(self) -> str:
        return f"{self.group}.{self.key}" if self.group else self.key

    @cached_property
    def attribute(self) -> str:
        return self.name or model_name(f"{self.group}_{self.key}" if self.group else self.key)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The keys it may be sent by."""
        return (self.key, self.also) if self.also else (self.key,)

    def json_type(self, bound: ColumnProperty | CollectionProperty) -> object:
        """The type pydantic checks it by."""
        return list[type_of(_only_field(bound))] if bound.many else type_of(bound.field)

    def taken(self, sent: object) -> object:
        """The value for the model of one that was sent."""
        return self.spellings.get(sent, sent) if self.spellings and isinstance(sent, str) else sent

    def giver(self, bound: ColumnProperty | CollectionProperty, dialect: Dialect) -> Giver | None:
        """What makes the value for an answer of one of the model's that is not None; None if they are the same."""
        give = giver_of(_only_field(bound) if bound.many else bound.field, dialect)
        if not bound.many or give is None:
            return give
        return lambda value: [None if entry is None else give(entry) for entry in value]

    def given(self, bound: ColumnProperty | CollectionProperty, value: object, dialect: Dialect) -> object:
        """The value for an answer of one of the model's."""
        give = self.giver(bound, dialect)
        return give(value) if give and value is not None else value

    def place(self, bound: ColumnProperty | CollectionProperty, rest: list[str]) -> Place:
        """What a path leads to from here; `rest` is what follows this property's name."""
        return Place(
            ".".join([self.path, *rest]),
            lambda plain, dialect: self.given(bound, bound.from_plain(plain), dialect),
        )


@dataclass(frozen=True)
class ReadOnly(Property):
    """A property that the server keeps: it may be sent, and is never written. A `fixed` one must then be what it
    is; of the others any value is accepted. The `stamp` says which state of the record its sender has read."""

    fixed: bool = False
    stamp: bool = False

    writable = False

    def json_type(self, bound):
        if not self.fixed:
            return Any
        return ObjectId | None if bound.field.null else ObjectId  # a superuser may be of no company


def _picker(names: list) -> Callable[[object], Sequence]:
    """`itemgetter` that answers several values even of one name."""
    return itemgetter(*names) if len(names) > 1 else lambda source: [source[name] for name in names]


def _reader_of_records(props: list[ColumnProperty | CollectionProperty]) -> Read:
    """(References, asked for one by one, are asked of a descriptor each: 600 times for a list of a hundred.)"""
    names = [prop.attname for prop in props]
    if len(names) < 2 or not all(prop.many or prop.is_kept_as_it_is for prop in props):
        return lambda record: [getattr(record, name) for name in names]
    kept, asked = itemgetter(*names), attrgetter(*names)

    def read(record):
        try:
            return kept(record.__dict__)
        except KeyError:  # a list that was not read yet
            return asked(record)

    return read


class Shape:
    """A JSON object: its properties in documented order."""

    def __init__(self, name: str, *properties: Property | tuple[Property, ...]):
        self.name = name
        self.properties: list[Property] = []
        for item in properties:
            self.properties += item if isinstance(item, tuple) else [item]
        self._by_attribute = {leaf.attribute: leaf for leaf in self.properties}
        self._by_key = {leaf.key: leaf for leaf in self.properties if leaf.writable and not leaf.group}
        self._plans: dict[tuple[int, bool, frozenset[str], Dialect], Plan] = {}

    def json_type(self, bound: Bound, also: Mapping[str, object] | None = None) -> type:
        """The type pydantic checks a body by; `also` are properties that are none of the model's."""
        types: dict[str, object] = dict(also or {})
        for leaf in self.properties:
            within = types.setdefault(leaf.group, {}) if leaf.group else types
            within |= dict.fromkeys(leaf.keys, leaf.json_type(bound[leaf.attribute]))
        for group in {leaf.group for leaf in self.properties} - {""}:
            types[group] = object_of(f"{self.name}{group.title()}", types[group])
        pairs = [leaf.keys for leaf in self.properties if leaf.also]
        return one_of_each(object_of(self.name, types), pairs) if pairs else object_of(self.name, types)

    def sent(
        self, body: dict, among: Iterable[Property] | None = None
    ) -> Iterator[tuple[Property, tuple[str, ...], object]]:
        """The properties that are present in a body (of those `among` which they are looked for, if not all), each with
        its path and what was sent."""
        for leaf in self.properties if among is None else among:
            within = body.get(leaf.group) if leaf.group else body
            if within is not body and not isinstance(within, dict):
                continue
            for key in leaf.keys:
                if key in within:
                    yield leaf, (leaf.group, key) if leaf.group else (key,), within[key]

    def values(self, body: dict) -> dict:
        """Model property to value, of everything writable in a body whose types are right."""
        if len(body) == 1 and (
            leaf := self._by_key.get(*body)
        ):  # of most objects in lists the id: see `echoes`
            return {leaf.attribute: leaf.taken(*body.values())}
        return {leaf.attribute: leaf.taken(value) for leaf, _path, value in self.sent(body) if leaf.writable}

    def answer(
        self, bound: Bound, source: object, dialect: Dialect, hidden: Collection[str] = frozenset()
    ) -> dict:
        """The JSON object of a record, or of a dict of the model's values, without the properties `hidden`."""
        return self.answers(bound, [source], dialect, hidden)[0]

    def answers(
        self, bound: Bound, sources: list, dialect: Dialect, hidden: Collection[str] = frozenset()
    ) -> list[dict]:
        """The same of several."""
        if not sources:
            return []
        plan = self._plan_for(bound, isinstance(sources[0], dict), frozenset(hidden), dialect)
        read, givers, groups, (keys, picked) = plan
        told, answers = dialect.told, []
        for source in sources:
            values = [*read(source)]
            for place, give in givers:
                if (value := values[place]) is not None:
                    values[place] = give(value)
            for names, within in groups:
                values.append(told(zip(names, within(values), strict=True)) or None)
            answers.append(told(zip(keys, picked(values), strict=True)))
        return answers

    def _plan_for(self, bound: Bound, of_dict: bool, hidden: frozenset[str], dialect: Dialect) -> Plan:
        """(What a shape is bound to is made once and stays.)"""
        plan = self._plans.get((id(bound), of_dict, hidden, dialect))
        if plan is None:
            told = [leaf for leaf in self.properties if leaf.attribute not in hidden]
            read = (
                _picker([leaf.attribute for leaf in told])
                if of_dict
                else _reader_of_records([bound[leaf.attribute] for leaf in told])
            )
            givers = [(place, leaf.giver(bound[leaf.attribute], dialect)) for place, leaf in enumerate(told)]
            groups: dict[str, list[int]] = {}
            keys: dict[str, int] = {}
            for place, leaf in enumerate(told):
                if leaf.group:
                    keys.setdefault(leaf.group, len(told) + len(groups))
                    groups.setdefault(leaf.group, []).append(place)
                else:
                    keys |= dict.fromkeys(leaf.keys, place)
            within = [([told[place].key for place in places], _picker(places)) for places in groups.values()]
            whole = list(keys), _picker(list(keys.values()))
            plan = read, [one for one in givers if one[1]], within, whole
            self._plans[id(bound), of_dict, hidden, dialect] = plan
        return plan

    def place(self, bound: Bound, path: list[str]) -> Place:
        """Where a path of the model leads."""
        name, *rest = path
        if leaf := self._by_attribute.get(name):
            return leaf.place(bound[name], rest)
        return Place(".".join(path), lambda plain, dialect: plain)


@dataclass(frozen=True)
class NestedList(Property):
    """A list of objects: rows with several fields, or sub-documents with ids of their own."""

    shape: Shape = None

    def json_type(self, bound):
        return list[self.shape.json_type(parts_of(bound))]

    def taken(self, sent):
        return [self.shape.values(item) for item in sent]

    def giver(self, bound, dialect):
        parts = parts_of(bound)
        return lambda value: answers_of(self.shape, parts, value, dialect)

    def place(self, bound, rest):
        if not rest:
            return super().place(bound, rest)
        which, *below = rest
        if below:
            inner = self.shape.place(parts_of(bound), below)
            return Place(f"{self.path}.{which}.{inner.path}", inner.given)

        def given(plain, dialect):
            return None if plain is None else self.given(bound, bound.from_plain([plain]), dialect)[0]

        return Place(f"{self.path}.{which}", given)


def answers_of(shape: Shape, parts: Bound, entries: list, dialect: Dialect) -> list[dict]:
    """The answers of the entries of a list. Those that are remembered (see `ElementRow`) are not made again."""
    told = [entry.told if isinstance(entry, ElementRow) else None for entry in entries]
    if not any(told):
        return shape.answers(parts, entries, dialect)
    known = [one[2] if one and one[0] is shape and one[1] is dialect else None for one in told]
    made = shape.answers(
        parts, [entry for entry, one in zip(entries, known, strict=True) if one is None], dialect
    )
    rest = iter(made)
    return [next(rest) if one is None else one for one in known]


def group(key: str, *properties: Property) -> tuple[Property, ...]:
    """Properties that stand together in an object, and are columns of the record all the same."""
    return tuple(replace(leaf, group=key) for leaf in properties)


@cache
def parts_of(rows: CollectionProperty) -> Bound:
    """What each property of the objects in a list is: columns, the id, lists within."""
    parts = dict(rows.columns())
    if rows.has_ids:
        parts |= {"id": ColumnProperty(rows.model._meta.get_field("id"), False), **rows.nested}
    return parts


def _only_field(rows: CollectionProperty):
    (column,) = parts_of(rows).values()
    return column.field
