"""How far a command is, on the standard error, if somebody looks at it there."""

import sys

from tqdm import tqdm


def progress_bar(what: str, total: int | None = None, unit: str = " documents", scale: bool = False) -> tqdm:
    """A bar that is gone when it is done."""
    return tqdm(
        desc=what, total=total, unit=unit, unit_scale=scale, file=sys.stderr, disable=None, leave=False
    )
