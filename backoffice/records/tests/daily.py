"""What is tried every day, of much that is nearly the same."""

from collections.abc import Iterable

import pytest

SELDOM = (pytest.mark.deep, pytest.mark.everywhere)


def daily(values: Iterable, *chosen) -> list:
    """Parameters of a test: the chosen ones are tried every day, the others among the long proofs, on every database."""
    values = list(values)
    assert set(chosen) < set(values), chosen
    return [
        pytest.param(
            *(value if isinstance(value, tuple) else [value]), marks=() if value in chosen else SELDOM
        )
        for value in values
    ]
