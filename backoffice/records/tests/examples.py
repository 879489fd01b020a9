"""The number of generated examples."""

import os


def examples(everyday: int) -> int:
    """Return the number of examples: that of the everyday run, or GENERATED_EXAMPLES."""
    return int(os.environ.get("GENERATED_EXAMPLES", everyday))
