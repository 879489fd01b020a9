"""Idempotency keys: a repeated request gets the result of the first one.

A key is stored in the transaction of the change that it came with, and its unique constraint decides races.
Hashes, a status and an id are stored; never a request or response.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, models
from django.utils.crypto import salted_hmac

from backoffice.db.transactions import with_retry
from backoffice.records.fields.base import InstantField, ObjectIdField, now

KEPT_FOR = timedelta(hours=24)
MAX_KEYS = 100_000
"""Maximum number of keys stored for one caller; the oldest are removed."""
MAX_LENGTH = 255
KEY_FORMAT = re.compile(r"[!-~][ -~]*")
"""Printable ASCII. (An HTTP header does not begin with a space.)"""
_CLEAN_UP_EVERY = 100
Made = TypeVar("Made", bound=models.Model)


class IdempotencyKey(models.Model):
    """A key that a caller has used. `digest` is a hash of the caller, the path and the key."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    digest = models.CharField(max_length=64, unique=True)
    caller = models.CharField(max_length=40)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=200)
    record_id = ObjectIdField()
    created_at = InstantField(db_index=True)

    class Meta:
        verbose_name = "idempotency key"
        verbose_name_plural = "idempotency keys"
        indexes = [models.Index(fields=["caller", "created_at"], name="idempotency_caller")]

    def __str__(self) -> str:
        return self.digest


@dataclass(frozen=True, kw_only=True)
class RequestKey:
    """The key of a request: the caller, the path, and a hash of the body."""

    caller: str
    path: str
    key: str
    body_digest: str
    status: int = 200

    @property
    def digest(self) -> str:
        return _keyed_hash(hash_parts(self.caller, self.path, self.key))

    @property
    def keyed_body_digest(self) -> str:
        """The stored hash of the body. Without the installation's key, it cannot be compared with guessed
        bodies."""
        return _keyed_hash(self.body_digest)


class KeyReused(Exception):
    """An earlier request had the same key and another body."""

    def __init__(self, earlier: IdempotencyKey) -> None:
        self.earlier = earlier
        super().__init__(earlier.record_id)


class KeyInUse(Exception):
    """Another request stored the same key first."""


def hash_parts(*parts: str | bytes) -> str:
    """Hash texts with their lengths, so that their boundaries count."""
    digest = hashlib.sha256()
    for part in parts:
        content = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()


def _keyed_hash(digest: str) -> str:
    return salted_hmac("backoffice.records.idempotency", digest, algorithm="sha256").hexdigest()


def check_key(text: str) -> None:
    """Raise ValidationError unless a text can be a key."""
    if len(text) > MAX_LENGTH or not KEY_FORMAT.fullmatch(text):
        raise ValidationError(f"An Idempotency-Key has 1 to {MAX_LENGTH} printable ASCII characters.")


def find_repeated(key: RequestKey | None) -> IdempotencyKey | None:
    """Return the earlier request with this key, None if there is none. Raises KeyReused if it had another
    body."""
    if key is None:
        return None
    earlier = IdempotencyKey.objects.filter(digest=key.digest, created_at__gt=now() - KEPT_FOR).first()
    if earlier is not None and earlier.body_digest != key.keyed_body_digest:
        raise KeyReused(earlier)
    return earlier


def store_key(key: RequestKey, record_id: str) -> None:
    """Store a key, within the transaction of the change that it came with. Raises KeyInUse if a concurrent
    request was first; after this transaction, `find_repeated` returns its result."""
    if secrets.randbelow(_CLEAN_UP_EVERY) == 0:
        remove_old_keys(key.caller)
    row = IdempotencyKey(
        digest=key.digest,
        caller=key.caller,
        body_digest=key.keyed_body_digest,
        status=key.status,
        record_id=record_id,
        created_at=now(),
    )
    IdempotencyKey.objects.filter(digest=key.digest, created_at__lte=now() - KEPT_FOR).delete()
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise KeyInUse from error


@contextmanager
def recheck_key(key: RequestKey | None) -> Iterator[None]:
    """Raise KeyInUse (or KeyReused) instead of any other error if a concurrent request has stored the key:
    the error may be caused only by what that request wrote."""
    try:
        yield
    except (KeyInUse, DatabaseError):
        raise
    except Exception as error:
        if find_repeated(key) is None:
            raise
        raise KeyInUse from error


def create_once(
    key: RequestKey | None, make: Callable[[], Made | None], find: Callable[[str], Made | None]
) -> Made | None:
    """Create an object that is not a record, and store the key with it; `find` loads what an earlier request
    created."""
    if key is None:
        return make()

    def work() -> Made | None:
        created = make()
        if created is not None:
            store_key(key, created.pk)
        return created

    earlier = find_repeated(key)
    if earlier is None:
        try:
            with recheck_key(key):
                return with_retry(work)
        except KeyInUse:
            earlier = find_repeated(key)
    return find(earlier.record_id) if earlier else None


def remove_old_keys(caller: str) -> None:
    """Delete expired keys, and the oldest keys of a caller who has too many."""
    IdempotencyKey.objects.filter(created_at__lte=now() - KEPT_FOR).delete()
    keys_of_caller = IdempotencyKey.objects.filter(caller=caller).order_by("-created_at")
    first_beyond = list(keys_of_caller.values_list("created_at", flat=True)[MAX_KEYS : MAX_KEYS + 1])
    if first_beyond:
        IdempotencyKey.objects.filter(caller=caller, created_at__lte=first_beyond[0]).delete()
