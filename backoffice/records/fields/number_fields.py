"""Model fields for numbers: integers and floats."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields.generics import GetT, SetT


class WholeNumberField(models.BigIntegerField[SetT, GetT]):
    """An integer. 3.0 is accepted as 3; `true` and 3.5 are refused."""

    default_error_messages = {"invalid": _("“%(value)s” is not a whole number.")}

    def to_python(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        return super().to_python(value)


class NumberField(models.FloatField[SetT, GetT]):
    """A float. An integer that a double cannot represent is refused, not rounded."""

    default_error_messages = {"invalid": _("“%(value)s” is not a number.")}

    def to_python(self, value: Any) -> float | None:
        if value is None or value == "":
            return None
        error = ValidationError(self.error_messages["invalid"], code="invalid", params={"value": value})
        if isinstance(value, bool):
            raise error
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise error from None
        if not math.isfinite(number):
            raise error
        if isinstance(value, int) and int(number) != value:
            raise ValidationError(_("This number has too many digits."), code="precision")
        return number + 0.0  # -0.0 + 0.0 is 0.0, and databases differ in whether they distinguish the two
