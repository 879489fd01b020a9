"""Progress bars of commands, on standard error if that is a terminal."""

import sys
from typing import NoReturn

from tqdm import tqdm


def progress_bar(
    label: str, total: int | None = None, unit: str = " documents", scale: bool = False
) -> "tqdm[NoReturn]":
    """Return a progress bar that disappears when it is done."""
    return tqdm(
        desc=label, total=total, unit=unit, unit_scale=scale, file=sys.stderr, disable=None, leave=False
    )
