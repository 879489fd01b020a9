"""The numbers that records are given: one series for each kind of record in each company."""

from contextlib import suppress

from django.db import IntegrityError
from django.db.models import F, Max

from backoffice.records.models import NumberSeries
from backoffice.records.transactions import tried_again

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
            tried_again(lambda: NumberSeries.objects.create(**series))
    return found


def prepare_series(model, company_id: str) -> None:
    """See to it that the series exists, before the transaction that takes a number from it."""
    _series(model, company_id)


def next_number(model, company_id: str) -> int:
    """The next number that nobody has. To be called inside the transaction that gives it, so that the two are
    kept together."""
    found = NumberSeries.objects.filter(record_type=model._meta.label_lower, company_id=company_id)
    while True:
        found.update(last=F("last") + 1)
        number = found.values_list("last", flat=True).get()
        if not model._base_manager.filter(company_id=company_id, number=number).exists():
            return number


def number_taken(model, company_id: str, number: int) -> None:
    """Somebody chose a number: the series goes on behind it."""
    if number >= BEYOND:
        return
    NumberSeries.objects.filter(
        record_type=model._meta.label_lower, company_id=company_id, last__lt=number
    ).update(last=number)
