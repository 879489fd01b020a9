"""Model fields for texts and object ids."""

import re
from collections.abc import Callable, Sequence
from typing import Any
from unicodedata import category

from django.core import checks
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import Connection, StrOrPromise
from backoffice.db.object_ids import is_object_id, new_object_id
from backoffice.db.patches import POSTGRES_ORDER
from backoffice.records.fields.generics import FieldMixin, GetT, SetT
from backoffice.records.fields.sort_keys import SortKeyField
from backoffice.records.fields.uris import split_uri

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`\x00-\x20\x7f]+")


def validate_uri(value: str) -> None:
    """Refuse text that is not an absolute URI."""
    is_uri = _URI.fullmatch(value)
    if not is_uri or not split_uri(value).scheme:
        code = "unparsable" if is_uri else "uri"
        raise ValidationError(_("Enter a valid URI, such as https://example.com/picture.jpg."), code=code)


def validate_clean_text(value: str) -> None:
    """Refuse what not all databases store alike: NUL characters and lone surrogates."""
    if "\x00" in value:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters_not_allowed")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValidationError(_("This text contains half of a surrogate pair."), code="surrogate") from None


_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols that are blank."""


def is_visible(text: str) -> bool:
    """Return whether a text shows anything: not only spaces, control and format characters, and marks without
    a base."""
    return any(
        "!" <= char <= "~" or (category(char)[0] not in "ZCM" and char not in _FILLERS) for char in text
    )


INVISIBLE = "invisible"
"""Error code of a required text that is blank."""


def _id_as_text(value: object, expression: object, connection: Connection) -> str | None:
    return None if value is None else str(value)


class CodePointOrderMixin(FieldMixin[SetT, GetT]):
    """Text that PostgreSQL orders by code points, as the other databases do. Pagination by key needs the same
    order in comparisons as in sorting."""

    def db_parameters(self, connection: Connection) -> dict[str, str | None]:
        parameters = super().db_parameters(connection)
        return parameters | {"collation": POSTGRES_ORDER} if connection.vendor == "postgresql" else parameters


class ObjectIdField(CodePointOrderMixin[SetT, GetT], models.CharField[SetT, GetT]):
    """24 hexadecimal digits; either case is accepted, lower case is stored. A primary key gets a new id by
    default."""

    default_error_messages = {"invalid": _("“%(value)s” is not an id of 24 hexadecimal digits.")}
    sql_converter = staticmethod(str.lower)
    """Converts a value to a parameter on SQL databases (see `backoffice.db.compiled.instances`)."""

    def __init__(
        self, verbose_name: StrOrPromise | None = None, *, null: bool = False, **kwargs: Any
    ) -> None:
        kwargs["max_length"] = 24
        if kwargs.get("primary_key"):
            kwargs.setdefault("default", new_object_id)
            kwargs.setdefault("editable", False)
        super().__init__(verbose_name, null=null, **kwargs)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def db_type(self, connection: Connection) -> str:
        if connection.vendor == "mongodb":
            return "objectId"
        # Not "char": Django casts to `char[]` when it inserts several rows, which is one character each.
        return "bpchar(24)" if connection.vendor == "postgresql" else "char(24)"

    def rel_db_type(self, connection: Connection) -> str:
        return self.db_type(connection)

    def to_python(self, value: object) -> str | None:
        if value is None or value == "":
            return None
        if not is_object_id(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return value.lower()

    def get_prep_value(self, value: Any) -> Any:
        # Lookups with a malformed id find nothing instead of raising.
        return (
            value.lower() if isinstance(value, str) else super(models.CharField, self).get_prep_value(value)
        )

    def get_db_prep_value(self, value: Any, connection: Connection, prepared: bool = False) -> Any:
        value = super().get_db_prep_value(value, connection, prepared)
        if connection.vendor == "mongodb" and is_object_id(value):
            from bson import ObjectId

            return ObjectId(value)
        return value

    def get_db_converters(self, connection: Connection) -> list[Callable[..., Any]]:
        return [_id_as_text] if connection.vendor == "mongodb" else []


class CleanTextMixin(CodePointOrderMixin[SetT, GetT]):
    """Text stored as sent: not stripped, not rewritten, and refused if a database could not store it."""

    default_validators: list[Callable[[Any], None]] = [validate_clean_text]
    sort_name = ""
    """The name of the column with the sort key, by which lists are sorted."""

    def __init__(self, *args: Any, sortable: bool = False, **kwargs: Any) -> None:
        self.sortable = sortable
        super().__init__(*args, **kwargs)

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if self.sortable and not cls._meta.abstract:
            self.sort_name = f"{name}_sort"
            cls.add_to_class(self.sort_name, SortKeyField(name, isinstance(self, models.TextField)))

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        errors: list[checks.CheckMessage] = super().check(**kwargs)
        if self.sortable and (self.choices or getattr(self, "guard", None)):
            reason = (
                "it has choices" if self.choices else "it is guarded, and the order would reveal its values"
            )
            errors.append(
                checks.Error(f"This text cannot be sortable: {reason}.", obj=self, id="records.E004")
            )
        return errors

    def to_python(self, value: Any) -> Any:
        if isinstance(value, (bool, int, float, list, dict)):
            raise ValidationError(_("This must be text."), code="invalid")
        if value is None and not self.null:
            return ""
        return value

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Refuse a required text that is blank, as if it was missing."""
        super().validate(value, model_instance)
        if not self.blank and value and not is_visible(value):
            raise ValidationError(self.error_messages["blank"], code=INVISIBLE)


class LineField(CleanTextMixin[SetT, GetT], models.CharField[SetT, GetT]):
    """Short text that forms enter in one line, by default at most 255 characters; no text is the empty string.
    Line breaks that a script sends are kept."""

    def __init__(self, *args: Any, null: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        kwargs.setdefault("default", None if null else "")
        super().__init__(*args, null=null, **kwargs)


class EmailLineField(CleanTextMixin[SetT, GetT], models.EmailField[SetT, GetT]):
    """One e-mail address; none is the empty string."""

    default_validators = [validate_clean_text, validate_email]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class ParagraphField(CleanTextMixin[SetT, GetT], models.TextField[SetT, GetT]):
    """Text of several lines; none is the empty string. Its length is limited by
    `backoffice.records.writes.validation`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class URIField(CleanTextMixin[SetT, GetT], models.CharField[SetT, GetT]):
    """An absolute URI (RFC 3986), stored exactly as sent."""

    default_validators = [validate_clean_text, validate_uri]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 2000)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)
