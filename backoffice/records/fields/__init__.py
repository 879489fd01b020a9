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
    end_of_day,
    now,
    start_of_day,
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
from backoffice.records.fields.json_fields import validate_json
from backoffice.records.fields.sort_keys import sort_column, sort_columns, sort_key
from backoffice.records.fields.text_fields import INVISIBLE, is_visible, validate_clean_text
from backoffice.records.fields.uris import split_uri

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
    "end_of_day",
    "is_unreadable",
    "is_visible",
    "now",
    "sort_column",
    "sort_columns",
    "sort_key",
    "split_uri",
    "start_of_day",
    "to_milliseconds",
    "validate_clean_text",
    "validate_json",
]
