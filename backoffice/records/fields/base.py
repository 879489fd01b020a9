"""All model fields of records. Older migrations name them by this path."""

from backoffice.db.instants import now, to_milliseconds
from backoffice.records.fields.instant_fields import (
    FIRST_INSTANT,
    LAST_INSTANT,
    DayField,
    InstantField,
    end_of_day,
    start_of_day,
)
from backoffice.records.fields.json_fields import AnyField, OpenObjectField, TextListField
from backoffice.records.fields.number_fields import NumberField, WholeNumberField
from backoffice.records.fields.text_fields import (
    INVISIBLE,
    CleanTextMixin,
    CodePointOrderMixin,
    EmailLineField,
    LineField,
    ObjectIdField,
    ParagraphField,
    URIField,
)

FORMERLY_ACCEPTED = frozenset({INVISIBLE, "unparsable", "calendar"})
"""Error codes of values that older versions accepted: a restored value may have one."""

__all__ = [
    "FIRST_INSTANT",
    "FORMERLY_ACCEPTED",
    "LAST_INSTANT",
    "AnyField",
    "CleanTextMixin",
    "CodePointOrderMixin",
    "DayField",
    "EmailLineField",
    "InstantField",
    "LineField",
    "NumberField",
    "ObjectIdField",
    "OpenObjectField",
    "ParagraphField",
    "TextListField",
    "URIField",
    "WholeNumberField",
    "end_of_day",
    "now",
    "start_of_day",
    "to_milliseconds",
]
