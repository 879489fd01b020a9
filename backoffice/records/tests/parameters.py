"""Selection of parameters for the everyday run, of many that are nearly the same."""

from collections.abc import Iterable

import pytest

SELDOM = (pytest.mark.deep, pytest.mark.everywhere)


def deep_only(test):
    """Mark a test to run among the long proofs only, on every database."""
    for mark in SELDOM:
        test = mark(test)
    return test


def select_daily(values: Iterable, *chosen) -> list:
    """Return the parameters of a test: the chosen ones run every day, the others among the long proofs, on
    every database."""
    values = list(values)
    assert all(value in values for value in chosen) and len(chosen) < len(values), chosen
    return [_param(value, () if value in chosen else SELDOM) for value in values]


def _param(value, marks):
    if hasattr(value, "marks"):  # already a pytest.param
        return value._replace(marks=[*value.marks, *marks])
    return pytest.param(*(value if isinstance(value, tuple) else [value]), marks=marks)
