"""Why the decoder takes a file not, in words for programs. (The parent process has them for people.)"""


class DecodingRefused(Exception):
    """`reason` is one of the words below."""

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
