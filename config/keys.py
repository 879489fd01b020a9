"""Secret keys of an installation, made on the first start and kept outside the database and outside git."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def random_text() -> str:
    """50 random bytes as text."""
    return secrets.token_urlsafe(50)


def fernet_key() -> str:
    """32 random bytes as Fernet takes them."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def kept_key(path: Path, make: Callable[[], str] = random_text) -> str:
    """The key in the file at `path`, made (readable by the owner alone) if there is none.

    Two processes starting at once agree: whoever creates the file first wins, the other reads it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        scratch = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
        try:
            os.link(scratch, path)  # unlike rename, fails if another process was first
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_text().strip()
