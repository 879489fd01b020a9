"""Reasons for refusing a file, as codes. (The parent process translates them into messages.)"""


class DecodingRefused(Exception):
    """The decoder does not accept the file. `reason` is one of the codes below."""

    def __init__(self, reason: str):
        self.reason = reason
        super().__init__(reason)


UNKNOWN = "unknown"
DAMAGED = "damaged"
COSTLY = "costly"
PIXELS = "pixels"
SCANS = "scans"
FRAMES = "frames"
PARTS = "parts"
MACROS = "macros"
OLD_OFFICE = "old office"
