"""Model fields for times to the millisecond, and for days."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from datetime import timezone as zone
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from backoffice.db.annotations import StrOrPromise
from backoffice.db.instants import to_milliseconds
from backoffice.records.fields.generics import GetT, SetT

FIRST_INSTANT = datetime(1, 1, 2, tzinfo=zone.utc)
LAST_INSTANT = datetime(9999, 12, 30, 23, 59, 59, 999000, zone.utc)
"""Beyond these two, an instant does not exist in every time zone."""


def start_of_day(day: date) -> datetime:
    """Return the first instant of a day in the local time zone."""
    return datetime.combine(day, time.min, timezone.get_current_timezone())


def end_of_day(day: date) -> datetime:
    """Return the last millisecond of a day in the local time zone."""
    return start_of_day(day + timedelta(days=1)) - timedelta(milliseconds=1)


class InstantField(models.DateTimeField[SetT, GetT]):
    """A time, to the millisecond."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        if moment is not None:
            if timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
            try:
                moment = to_milliseconds(moment.astimezone(zone.utc))
            except OverflowError:
                raise ValidationError(_("This date is out of range."), code="invalid") from None
        return moment

    def run_validators(self, value: Any) -> None:
        """Refuse the ends of the calendar: such an instant may not exist in a time zone."""
        super().run_validators(value)
        if isinstance(value, datetime) and not FIRST_INSTANT <= value <= LAST_INSTANT:
            message = _("Enter a day from %(first)s to %(last)s.")
            if self.null:
                message = _("Enter a day from %(first)s to %(last)s, or leave this empty if there is none.")
            params = {"first": FIRST_INSTANT.date().isoformat(), "last": LAST_INSTANT.date().isoformat()}
            raise ValidationError(message, code="calendar", params=params)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return to_milliseconds(value) if isinstance(value, datetime) else value


class DayField(InstantField[SetT, GetT]):
    """A day, stored as the instant at which it begins in the local time zone; with `ends`, as its last millisecond.

    A day without a time becomes that instant, in a form, a bulk edit or code. JSON documents and imports contain
    instants, as the documented systems do; an instant is stored as it was sent, and the last day of something that
    `ends` is `2026-06-30T21:59:59.999Z` in Danish summer time. Pages show the local day of the instant, and a form
    that leaves the day as it is keeps the instant. Migrations see an `InstantField`."""

    def __init__(
        self,
        verbose_name: StrOrPromise | None = None,
        *,
        ends: bool = False,
        null: bool = False,
        **kwargs: Any,
    ) -> None:
        self.ends = ends
        super().__init__(verbose_name, null=null, **kwargs)

    def to_python(self, value: Any) -> datetime | None:
        try:
            day = parse_date(value) if isinstance(value, str) else value
            if isinstance(day, date) and not isinstance(day, datetime):
                value = end_of_day(day) if self.ends else start_of_day(day)
        except ValueError:  # not a day of the calendar
            pass
        except OverflowError:
            raise ValidationError(_("This date is out of range."), code="invalid") from None
        return super().to_python(value)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, kwargs = super().deconstruct()
        return name, f"{InstantField.__module__}.{InstantField.__name__}", args, kwargs
