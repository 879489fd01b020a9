"""The public names of `backoffice.records.fields`."""

from backoffice.records.fields.base import (
    AnyField,
    DayField,
    EmailLineField,
    InstantField,
    LineField,
    NumberField,
    ObjectIdField,
    OpenObjectField,
    ParagraphField,
    TextListField,
    URIField,
    WholeNumberField,
    now,
    to_milliseconds,
)
from backoffice.records.fields.encryption import (
    CANNOT_BE_READ,
    EncryptedAnyField,
    EncryptedMixin,
    EncryptedTextField,
    SealedValue,
    is_unreadable,
)
from backoffice.records.fields.sort_keys import sort_columns, sort_key
from backoffice.records.fields.uris import split_uri
from backoffice.records.fields.validators import INVISIBLE, is_visible, validate_clean_text, validate_json

__all__ = [
    "CANNOT_BE_READ",
    "INVISIBLE",
    "AnyField",
    "DayField",
    "EmailLineField",
    "EncryptedAnyField",
    "EncryptedMixin",
    "EncryptedTextField",
    "InstantField",
    "LineField",
    "NumberField",
    "ObjectIdField",
    "OpenObjectField",
    "ParagraphField",
    "SealedValue",
    "TextListField",
    "URIField",
    "WholeNumberField",
    "is_unreadable",
    "is_visible",
    "now",
    "sort_columns",
    "sort_key",
    "split_uri",
    "to_milliseconds",
    "validate_clean_text",
    "validate_json",
]
