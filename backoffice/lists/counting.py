"""How many records a list has, as far as anybody wants to know."""

from dataclasses import dataclass

from django.db.models import QuerySet

BOUND = 1000
"""Beyond this many, nobody asks for the number, and counting them all would take its time."""


@dataclass(frozen=True)
class Count:
    """`number` of them; `more` than that if they were not counted to the end."""

    number: int
    more: bool = False

    def __str__(self):
        return f"{self.number}+" if self.more else str(self.number)


def counted(found: QuerySet, bound: int = BOUND) -> Count:
    """Count what a queryset finds, up to a bound."""
    number = found.order_by()[: bound + 1].count()
    return Count(min(number, bound), number > bound)
