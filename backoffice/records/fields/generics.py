"""Type variables of fields: an attribute of a model may be set to `SetT` and is read as `GetT`."""

from typing import TYPE_CHECKING, TypeVar

SetT = TypeVar("SetT", contravariant=True)
GetT = TypeVar("GetT", covariant=True)

if TYPE_CHECKING:
    from django.db.models import Field as FieldMixin
else:

    class FieldMixin:
        """The base of mixins for fields. For the type checker, it has what a field has."""

        def __class_getitem__(cls, _arguments):
            return cls


__all__ = ["FieldMixin", "GetT", "SetT"]
