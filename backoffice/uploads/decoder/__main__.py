"""The decoder process, which opens untrusted files.

It writes a line when it is ready. It reads requests from standard input, one per line; for each it writes a
line when it has received the request and another with the answer. It may be killed at any time, and has
access to neither settings nor database.
"""

import json
import os
import resource
import selectors
import signal
import sys
from pathlib import Path

from backoffice.uploads.decoder.documents import read_document
from backoffice.uploads.decoder.exceptions import UNKNOWN, DecodingRefused
from backoffice.uploads.decoder.images import format_of, read_picture

CPU_SECONDS = 10
"""CPU time for one file. The largest accepted picture needs about three seconds."""
MEMORY = 1536 * 1024 * 1024
"""Address space. The largest accepted picture needs about half of it."""
MAX_FILE_SIZE = 256 * 1024 * 1024
IDLE_SECONDS = 600


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_FSIZE, MAX_FILE_SIZE)
    _limit(resource.RLIMIT_CORE, 0)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _send({})
    requests = selectors.DefaultSelector()
    requests.register(sys.stdin.buffer.raw, selectors.EVENT_READ)
    while requests.select(IDLE_SECONDS) and (line := sys.stdin.buffer.readline()):
        _send({})
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + CPU_SECONDS)
        try:
            _send(_answer(**json.loads(line)))
        except DecodingRefused as refused:
            _send({"refused": refused.reason})
        except OSError as error:
            _send({"errno": error.errno})


def _limit(resource_id: int, value: int) -> None:
    """Set a resource limit of this process, as far as the system supports and allows it."""
    _soft, hard = resource.getrlimit(resource_id)
    try:
        resource.setrlimit(resource_id, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
    except (ValueError, OSError):
        return


def _send(answer: dict) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


def _answer(source: str, target: str, thumbnail: str, documents: bool) -> dict:
    """Return what a file is. For a picture, write its stored bytes to `target` and its thumbnail to
    `thumbnail`."""
    data = Path(source).read_bytes()
    if format := format_of(data):
        picture = read_picture(data, format)
        is_rewritten = picture.data != data
        if target and is_rewritten:
            Path(target).write_bytes(picture.data)
        Path(thumbnail).write_bytes(picture.thumbnail)
        return {"kind": picture.format, "charset": "", "is_rewritten": is_rewritten}
    if not documents:
        raise DecodingRefused(UNKNOWN)
    kind, charset = read_document(data)
    return {"kind": kind, "charset": charset, "is_rewritten": False}


if __name__ == "__main__":
    main()
