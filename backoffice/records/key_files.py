"""Key files of an installation, outside the database and outside git.

A missing file is never silently replaced: the process gets a random key that is not stored, and `manage.py
migrate` writes it to the file if the database was never used with another key
(`backoffice.records.key_fingerprints`).
"""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


class UnusableKeyFile(Exception):
    """Describes in one line what is wrong with a key file."""


_unwritten: dict[Path, str] = {}
"""Keys of this process whose files are missing."""


def random_text() -> str:
    """Return 50 random bytes as text."""
    return secrets.token_urlsafe(50)


def fernet_key() -> str:
    """Return a random Fernet key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def read_key(path: Path, make: Callable[[], str] = random_text) -> str:
    """Return the key in a file, or a random one that `write_missing_keys` may write to it. Raises
    UnusableKeyFile if the file is empty or cannot be read."""
    try:
        key = path.read_text().strip()
    except FileNotFoundError:
        return _unwritten.setdefault(path, make())
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableKeyFile(f"The key file {path} cannot be read: {error}") from None
    if not key:
        raise UnusableKeyFile(f"The key file {path} is empty. Put it back from your backup.")
    return key


def missing_key_files() -> list[Path]:
    """Return the key files that this process did not find."""
    return [path for path in _unwritten if not path.exists()]


def write_missing_keys() -> None:
    """Write this process's random keys to the missing files, readable by the owner alone. Raises
    UnusableKeyFile if another process wrote one first, because this process would continue with another
    key."""
    for path in missing_key_files():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(_unwritten[path])
        try:
            os.link(temporary, path)  # unlike rename, fails if another process was first
        except FileExistsError:
            raise UnusableKeyFile(
                f"Another process has just written {path}. Run the command again."
            ) from None
        finally:
            temporary.unlink()
        del _unwritten[path]
