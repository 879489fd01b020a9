"""Record numbers: one series for each model in each company."""

from contextlib import suppress

from django.db import IntegrityError, models
from django.db.models import F, Max

from backoffice.db.transactions import with_retry
from backoffice.records.models import NumberSeries

NUMBERING_LIMIT = 2**53
"""The first number that the series ignores: continuing behind such a number would leave none to assign."""


def _get_or_create_series(model: type[models.Model], company_id: str) -> models.QuerySet[NumberSeries]:
    rows = NumberSeries.objects.filter(record_type=model._meta.label_lower, company_id=company_id)
    if not rows.exists():
        last_number = (
            model._base_manager.filter(company_id=company_id, number__lt=NUMBERING_LIMIT).aggregate(
                last=Max("number")
            )["last"]
            or 0
        )
        series = {"record_type": model._meta.label_lower, "company_id": company_id, "last": last_number}
        with suppress(IntegrityError):  # another process created it first
            with_retry(lambda: NumberSeries.objects.create(**series))
    return rows


def ensure_number_series(model: type[models.Model], company_id: str) -> None:
    """Make sure that the series exists, before the transaction that takes a number from it."""
    _get_or_create_series(model, company_id)


def next_numbers(model: type[models.Model], company_id: str, count: int) -> list[int]:
    """Return the next unused numbers. Call this in the transaction that assigns them."""
    series = NumberSeries.objects.filter(record_type=model._meta.label_lower, company_id=company_id)
    numbers: list[int] = []
    while missing := count - len(numbers):
        series.update(last=F("last") + missing)
        last = series.values_list("last", flat=True).get()
        candidates = range(last - missing + 1, last + 1)
        used = model._base_manager.filter(company_id=company_id, number__gte=candidates[0], number__lte=last)
        taken = set(used.values_list("number", flat=True))
        numbers += [number for number in candidates if number not in taken]
    return numbers


def advance_number_series(model: type[models.Model], company_id: str, number: int) -> None:
    """Advance the series past a number that was chosen by hand."""
    if number >= NUMBERING_LIMIT:
        return
    NumberSeries.objects.filter(
        record_type=model._meta.label_lower, company_id=company_id, last__lt=number
    ).update(last=number)
