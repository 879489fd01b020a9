"""What is tried every day, of much that is nearly the same."""

from collections.abc import Iterable

import pytest

SELDOM = (pytest.mark.deep, pytest.mark.everywhere)


def seldom(test):
    """A test that has its turn among the long proofs, on every database."""
    for mark in SELDOM:
        test = mark(test)
    return test


def daily(values: Iterable, *chosen) -> list:
    """Parameters of a test: the chosen ones are tried every day, the others among the long proofs, on every database."""
    values = list(values)
    assert all(value in values for value in chosen) and len(chosen) < len(values), chosen
    return [_param(value, () if value in chosen else SELDOM) for value in values]


def _param(value, marks):
    if hasattr(value, "marks"):  # it is one already
        return value._replace(marks=[*value.marks, *marks])
    return pytest.param(*(value if isinstance(value, tuple) else [value]), marks=marks)
