"""Truncation of long texts, at the end of a word."""


def truncate(text: str, length: int) -> str:
    """Return at most `length` characters of a text, whole words and an ellipsis if it is longer. A text without a
    space near the end is cut in the word."""
    if len(text) <= length:
        return text
    start = text[: length - 1]
    words = start if text[length - 1].isspace() else start.rpartition(" ")[0]
    return (words if len(words) > length // 2 else start).rstrip(" ,;:–-") + "…"
