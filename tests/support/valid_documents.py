"""Hypothesis strategies for valid documents, derived from the declarations and the model's limits. Model
fields decide what only they know (such as which addresses are e-mail addresses); each record type adds its
rules across properties."""

from datetime import datetime, timezone

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from hypothesis import strategies as st

from backoffice.api.dialects import Dialect
from backoffice.api.schema import Document, NestedList, Property, Shape
from backoffice.api.schema.fields import Bound, item_properties
from backoffice.records.fields import (
    AnyField,
    EmailLineField,
    ObjectIdField,
    OpenObjectField,
    TextListField,
    URIField,
)

Ids = dict[type[models.Model], list[str]]
"""The records that may be referred to, by model."""

LONGEST = 60
"""Longer texts are no different, except for the longest allowed."""
WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=LONGEST)
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
SIMPLE = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | TEXT
ANY = st.recursive(
    SIMPLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECT_IDS = st.text("0123456789abcdef", min_size=24, max_size=24)
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(timezone.utc))


def values_of(field: models.Field, dialect: Dialect, ids: Ids) -> st.SearchStrategy:
    """Return a strategy for the JSON values of a property that is stored in this field."""
    found = _plain_values(field, dialect, ids)
    nullable = field.null and not isinstance(field, (AnyField, models.BooleanField))
    return st.none() | found if nullable else found


def _plain_values(field, dialect, ids):
    if field.is_relation:
        return st.sampled_from(ids[field.related_model])
    if isinstance(field, ObjectIdField):
        return OBJECT_IDS
    if isinstance(field, AnyField):
        return ANY
    if isinstance(field, OpenObjectField):
        return st.dictionaries(NAMES, ANY, max_size=3)
    if isinstance(field, TextListField):
        return st.lists(_texts(field.item), max_size=3)
    if isinstance(field, models.BooleanField):
        return st.booleans()
    if isinstance(field, models.DateTimeField):
        return INSTANTS.map(lambda value: dialect.instant(value))
    if isinstance(field, models.FloatField):
        least, most = _limits(field)
        return st.floats(least, most, allow_nan=False, allow_infinity=False)
    if isinstance(field, models.IntegerField):
        least, most = _limits(field)
        return st.integers(least, most)
    return _texts(field)


def _texts(field):
    empty = st.just("") if field.blank else st.nothing()
    if field.choices:
        return empty | st.sampled_from([value for value, _label in field.choices])
    if isinstance(field, EmailLineField):
        texts = st.emails()
    elif isinstance(field, URIField):
        texts = st.builds("{}:{}".format, st.sampled_from(["https", "ftp", "urn", "x-a.b+c"]), NAMES)
    else:
        texts = st.one_of(TEXT, TEXT, TEXT, st.just("ø" * (field.max_length or LONGEST)))
    return empty | texts.filter(lambda text: text and _is_clean(field, text))


def _is_clean(field, value) -> bool:
    try:
        field.clean(value, None)
    except ValidationError:
        return False
    return True


def _limits(field):
    limits = {
        kind: validator.limit_value
        for validator in field.validators
        for kind in (MinValueValidator, MaxValueValidator)
        if isinstance(validator, kind)
    }
    return limits.get(MinValueValidator), limits.get(MaxValueValidator)


def valid_documents(document: Document, dialect: Dialect, ids: Ids, **given: object) -> st.SearchStrategy:
    """Return a strategy for bodies that create a record. `given` are strategies for parts of them
    (`contract={…}`), which replace the declaration's and are always present; None leaves a part out."""
    return _objects(document, document.bound, dialect, ids, given)


def _objects(shape: Shape, bound: Bound, dialect, ids, given=None):
    given, groups, plain = given or {}, {}, {}
    for leaf in shape.properties:
        if (leaf.group or leaf.key) not in given and _is_for_senders(leaf, bound):
            (groups.setdefault(leaf.group, {}) if leaf.group else plain)[leaf.key] = _property(
                leaf, bound[leaf.attribute], dialect, ids
            )
    plain |= {name: st.fixed_dictionaries({}, optional=parts) for name, parts in groups.items()}
    needed = {
        leaf.key
        for leaf in shape.properties
        if leaf.key in plain and not bound[leaf.attribute].many and _is_required(bound[leaf.attribute].field)
    }
    always = {name: strategy for name, strategy in given.items() if strategy is not None}
    always |= {name: plain.pop(name) for name in sorted(needed)}
    return st.fixed_dictionaries(always, optional=plain)


def _is_required(field) -> bool:
    text = isinstance(field, (models.CharField, models.TextField)) and not isinstance(field, TextListField)
    if isinstance(field, (models.DateTimeField, models.IntegerField, models.FloatField)):
        return not field.null and not field.has_default()
    return not field.null and not field.blank and (field.is_relation or (text and field.get_default() == ""))


def _is_for_senders(leaf: Property, bound: Bound) -> bool:
    """Return whether a new record may have the property: not if the server sets or derives it."""
    prop = bound[leaf.attribute]
    return leaf.writable and (prop.many or not (prop.derived or prop.field.primary_key))


def _property(leaf: Property, prop, dialect, ids):
    if not prop.many:
        return values_of(prop.field, dialect, ids)
    parts = item_properties(prop)
    if isinstance(leaf, NestedList):
        items = _objects(leaf.shape, parts, dialect, ids)
        unique = (lambda item: item[_key_of(leaf, prop)]) if prop.key else None
        return st.lists(items, max_size=3, unique_by=unique)
    (column,) = parts.values()
    return st.lists(values_of(column.field, dialect, ids), max_size=3, unique=True)


def _key_of(leaf: NestedList, rows) -> str:
    return next(inner.key for inner in leaf.shape.properties if inner.attribute == rows.key)
