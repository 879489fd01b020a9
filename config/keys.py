"""Secret keys of an installation, made on the first start and kept outside the database and outside git."""

import os
import secrets
from pathlib import Path


def kept_key(path: Path) -> str:
    """The key in the file at `path`, made (50 random characters, readable by the owner alone) if there is none.

    Two processes starting at once agree: whoever creates the file first wins, the other reads it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(scratch, path)  # unlike rename, fails if another process was first
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_text().strip()
