"""How many generated examples are tried."""

import os


def examples(everyday: int) -> int:
    """So many in the everyday run; where GENERATED_EXAMPLES is set, as many as it says."""
    return int(os.environ.get("GENERATED_EXAMPLES", everyday))
