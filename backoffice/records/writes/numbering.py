"""The numbers that records are given: one series for each kind of record in each company."""

from contextlib import suppress

from django.db import IntegrityError
from django.db.models import F, Max

from backoffice.db.transactions import with_retry
from backoffice.records.models import NumberSeries

BEYOND = 2**53
"""A number from here on is somebody's whim: the series does not go on behind it, or one such number would leave
none to give."""


def _series(model, company_id: str):
    found = NumberSeries.objects.filter(record_type=model._meta.label_lower, company_id=company_id)
    if not found.exists():
        last = (
            model._base_manager.filter(company_id=company_id, number__lt=BEYOND).aggregate(
                last=Max("number")
            )["last"]
            or 0
        )
        series = {"record_type": model._meta.label_lower, "company_id": company_id, "last": last}
        with suppress(IntegrityError):  # another process was first; its series is as good
            with_retry(lambda: NumberSeries.objects.create(**series))
    return found


def prepare_series(model, company_id: str) -> None:
    """See to it that the series exists, before the transaction that takes a number from it."""
    _series(model, company_id)


def next_numbers(model, company_id: str, count: int) -> list[int]:
    """The next numbers that nobody has. To be called inside the transaction that gives them, so that the two are
    kept together."""
    series = NumberSeries.objects.filter(record_type=model._meta.label_lower, company_id=company_id)
    found: list[int] = []
    while missing := count - len(found):
        series.update(last=F("last") + missing)
        last = series.values_list("last", flat=True).get()
        run = range(last - missing + 1, last + 1)
        given = model._base_manager.filter(company_id=company_id, number__gte=run[0], number__lte=last)
        taken = set(given.values_list("number", flat=True))
        found += [number for number in run if number not in taken]
    return found


def is_number_taken(model, company_id: str, number: int) -> None:
    """Somebody chose a number: the series goes on behind it."""
    if number >= BEYOND:
        return
    NumberSeries.objects.filter(
        record_type=model._meta.label_lower, company_id=company_id, last__lt=number
    ).update(last=number)
