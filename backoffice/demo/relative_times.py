"""The times of demo data: texts that are read relative to the moment of loading, in the installation's time
zone.

| Text | Time |
|---|---|
| `-3d 08:15` | 08:15 on the third working day before the record's day 0 |
| `0d 08:15` | 08:15 on the record's day 0 |
| `last 19:20` | the latest 19:20, on any day of the week, at most 24 hours ago |
| `-25min` | 25 minutes ago |
| `-7mo start`, `+7mo end` | the start or the end of the month that was seven months ago, or will be |

Day 0 of a record is the latest working day (Monday to Friday) on which all its steps have passed. So staff work
in working hours whenever the data is loaded, and a record reported `last 19:20` is at most a day old.
"""

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from typing import Any

from django.utils.timezone import get_default_timezone

_TIME = re.compile(
    r"(?P<days>-\d+|0)d (?P<clock>\d\d:\d\d)|last (?P<last>\d\d:\d\d)|-(?P<minutes>\d+)min"
    r"|(?P<months>[+-]\d+)mo (?P<edge>start|end)"
)


def resolve_times(record: dict, now: datetime) -> dict:
    """Return a copy of a demo record with all its relative times as datetimes."""
    day_zero = _working_day(now.astimezone(get_default_timezone()).date(), 0)
    while True:
        resolved: dict = _replace(record, partial(_read_time, day_zero=day_zero, now=now))
        if all(step["at"] <= now for step in resolved["steps"]):
            return resolved
        day_zero = _working_day(day_zero, -1)


def _replace(value: Any, read_time: Any) -> Any:
    if isinstance(value, dict):
        return {name: _replace(each, read_time) for name, each in value.items()}
    if isinstance(value, list):
        return [_replace(each, read_time) for each in value]
    if isinstance(value, str) and (found := _TIME.fullmatch(value)):
        return read_time(found)
    return value


def _read_time(found: re.Match[str], day_zero: date, now: datetime) -> datetime:
    today = now.astimezone(get_default_timezone()).date()
    if found["days"]:
        return _at(_working_day(day_zero, int(found["days"])), found["clock"])
    if found["last"]:
        moments = (_at(today - timedelta(days=days), found["last"]) for days in (0, 1))
        return max(next(moment for moment in moments if moment <= now), now - timedelta(days=1))
    if found["minutes"]:
        return now - timedelta(minutes=int(found["minutes"]))
    ends = found["edge"] == "end"
    years, month = divmod(today.year * 12 + today.month - 1 + int(found["months"]) + ends, 12)
    return _at(date(years, month + 1, 1), "00:00") - timedelta(milliseconds=ends)


def _working_day(day: date, offset: int) -> date:
    """Return the working day that is `offset` working days after the latest one up to a day."""
    weeks, weekday = divmod(min(day.weekday(), 4) + offset, 5)
    return day - timedelta(days=day.weekday()) + timedelta(weeks=weeks, days=weekday)


def _at(day: date, clock: str) -> datetime:
    local = datetime.combine(day, time.fromisoformat(clock), get_default_timezone())
    return local.astimezone(timezone.utc)
