"""Formatting and parsing of numbers, dates and times in the format of the user's language.

The inputs are plain text, because browsers send an empty value if their number and date inputs cannot parse
the input: so the server can tell empty input from invalid input. Ambiguous input is an error, never a
guess."""

import re
from datetime import date, datetime, time

from django.core.exceptions import ValidationError
from django.utils import dates, formats, timezone
from django.utils.translation import gettext as _

from backoffice.records.history import local_time

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Dates outside this range are typing errors, and some cannot be converted to an instant."""
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-"})
_SPACES = " \u00a0\u2009\u202f"
_DAY_FIRST = re.compile(r"(\d{1,2})(?:([./-])\s?)(\d{1,2})\2\s?(\d{4})(?!\d)", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?!\d)", re.ASCII)
_WITH_MONTH = re.compile(r"(\d{1,2})\.?\s+([^\W\d_]{3,})\.?,?\s+(\d{4})(?!\d)")
_TIME = re.compile(r"(\d{1,2})[:.](\d\d)(?::(\d\d))?\s*(Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?", re.ASCII)


def write_number(value: int | float | None) -> str:
    """Format a number with the language's decimal separator, without grouping, and without `.0` if it is
    whole."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        value = int(value)
    return str(value).replace(".", formats.get_format("DECIMAL_SEPARATOR"))


def read_integer(text: str) -> int:
    """Parse a whole number, with or without the language's grouping of thousands. Raise ValidationError."""
    text = text.strip().translate(_MINUS)
    found = re.fullmatch(rf"[+-]?(?:[0-9]{{1,40}}|{_grouped()})", text)
    if found is None:
        raise ValidationError(_("Enter a whole number, such as 1234."), code="invalid")
    return int(re.sub(r"[^0-9-]", "", text))


def read_decimal(text: str) -> float | int:
    """Parse a number with the language's decimal separator, or with the other one where that is unambiguous.
    Raise ValidationError."""
    text = text.strip().translate(_MINUS)
    point = formats.get_format("DECIMAL_SEPARATOR")
    other = "," if point == "." else "."
    if re.fullmatch(rf"[+-]?[1-9][0-9]{{0,2}}{re.escape(other)}[0-9]{{3}}", text):
        raise ValidationError(
            _("“%(text)s” can be read in two ways. Enter %(whole)s or %(decimal)s."),
            code="ambiguous",
            params={
                "text": text,
                "whole": text.replace(other, ""),
                "decimal": text.replace(other, point),
            },
        )
    grouped = rf"[+-]?{_grouped()}(?:{re.escape(point)}[0-9]{{1,400}})?"
    plain = r"[+-]?[0-9]{1,40}(?:[.,][0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?"
    if re.fullmatch(grouped, text):
        text = re.sub(rf"[^0-9+\-{re.escape(point)}]", "", text)
    elif not re.fullmatch(plain, text):
        raise ValidationError(
            _("Enter a number, such as %(example)s."), code="invalid", params={"example": f"2{point}5"}
        )
    text = text.replace(",", ".")
    return float(text) if re.search(r"[.eE]", text) else int(text)


def _grouped() -> str:
    """Return the pattern of digits in groups of three, separated as in the language or by spaces."""
    signs = formats.get_format("THOUSAND_SEPARATOR") + _SPACES
    return rf"[1-9][0-9]{{0,2}}(?:([{re.escape(signs)}])[0-9]{{3}})(?:\1[0-9]{{3}}){{0,12}}"


def write_day(value: date) -> str:
    """Format a date for an input."""
    return formats.date_format(value, "SHORT_DATE_FORMAT")


def read_day(text: str) -> date:
    """Parse a date in the language's format (day first) or in ISO 8601. Raise ValidationError."""
    day, rest = _read_leading_date(text.strip())
    if rest and not re.fullmatch(r"T00:00(:00)?", rest):
        raise _date_error()
    return day


def write_moment(value: datetime) -> str:
    """Format an instant for an input: in the local time zone, to the minute. Add the UTC offset to a time
    that occurs twice because the clocks go back."""
    local = local_time(value)
    text = formats.date_format(local, "SHORT_DATETIME_FORMAT")
    return f"{text} {_offset(local)}" if _is_twice(local) else text


def read_moment(text: str) -> datetime:
    """Parse a date and time in the local time zone. Raise ValidationError, also for a time that the clocks
    skip, and for one that occurs twice and has no UTC offset."""
    day, rest = _read_leading_date(text.strip())
    rest = re.sub(r"^\s*[,T]?\s*", "", rest)
    if not rest:
        raise ValidationError(_("Enter a time after the date, such as 14:30."), code="invalid")
    found = _TIME.fullmatch(rest)
    try:
        hour, minute, second = (int(part or 0) for part in found.groups()[:3])
        naive = datetime.combine(day, time(hour, minute, second))
    except (AttributeError, ValueError):
        raise ValidationError(
            _("Enter a time between 00:00 and 23:59 after the date, such as 14:30."), code="invalid"
        ) from None
    if found[4]:
        return datetime.fromisoformat(f"{naive.isoformat()}{found[4]}")
    return _in_local_zone(naive)


def _read_leading_date(text: str) -> tuple[date, str]:
    """Return the date at the start of a text, and the rest of the text."""
    found, day = None, None
    try:
        if found := _ISO_DAY.match(text):
            day = date(int(found[1]), int(found[2]), int(found[3]))
        elif found := _DAY_FIRST.match(text):
            day = date(int(found[4]), int(found[3]), int(found[1]))
        elif found := _WITH_MONTH.match(text):
            day = date(int(found[3]), _find_month(found[2]), int(found[1]))
    except ValueError:
        raise ValidationError(
            _("There is no such day as “%(text)s”. Check the day and the month."),
            code="invalid",
            params={"text": found[0]},
        ) from None
    if day is None:
        raise _date_error()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValidationError(
            _("Enter a day from %(first)s to %(last)s."),
            code="out_of_range",
            params={"first": write_day(FIRST_DAY), "last": write_day(LAST_DAY)},
        )
    return day, text[found.end() :]


def _date_error() -> ValidationError:
    params = {"example": write_day(date(2026, 12, 31))}
    return ValidationError(_("Enter a date, such as %(example)s."), code="invalid", params=params)


def _find_month(name: str) -> int:
    """Return the number of the month with this name, which may be abbreviated to three letters or more."""
    name = name.casefold()
    for number, month in dates.MONTHS.items():
        if str(month).casefold().startswith(name) or str(dates.MONTHS_3[number]).casefold() == name:
            return number
    raise ValueError(name)


def _in_local_zone(naive: datetime) -> datetime:
    zone = timezone.get_current_timezone()
    first, second = naive.replace(tzinfo=zone), naive.replace(tzinfo=zone, fold=1)
    if first.utcoffset() == second.utcoffset():
        return first
    if not _is_twice(first):
        raise ValidationError(
            _("The clocks go forward that night: %(time)s does not exist. Enter another time."),
            code="invalid",
            params={"time": f"{naive:%H:%M}"},
        )
    raise ValidationError(
        _("The clocks go back that night: %(time)s occurs twice. Enter %(first)s or %(second)s."),
        code="ambiguous",
        params={
            "time": f"{naive:%H:%M}",
            "first": f"{naive:%H:%M} {_offset(first)}",
            "second": f"{naive:%H:%M} {_offset(second)}",
        },
    )


def _is_twice(local: datetime) -> bool:
    """Return whether a local time occurs twice because the clocks go back."""
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    return first is not None and second is not None and first > second


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f"{text[:3]}:{text[3:5]}"
