"""Idempotency keys: a repeated request is answered by what the first one made.

A key is stored in the transaction of the change that it came with, and its unique constraint decides races. Stored are
hashes, a status and an id; never what was sent or answered.
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
"""How many keys of one caller are stored; beyond that, the oldest go."""
MAX_LENGTH = 255
KEY_FORMAT = re.compile(r"[!-~][ -~]*")
"""Printable ASCII. (HTTP gives no header a space to begin with.)"""
_TIDY_EVERY = 100
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

    def __str__(self):
        return self.digest


@dataclass(frozen=True, kw_only=True)
class RequestKey:
    """The key of a request: whose it is, for which path, and a hash of the body."""

    caller: str
    path: str
    key: str
    body_digest: str
    status: int = 200

    @property
    def digest(self) -> str:
        return _keyed(hash_parts(self.caller, self.path, self.key))

    @property
    def keyed_body_digest(self) -> str:
        """What is stored of the body. Without the installation's key nobody can try bodies against it."""
        return _keyed(self.body_digest)


class KeyReused(Exception):
    """An earlier request had the same key and another body."""

    def __init__(self, earlier: IdempotencyKey):
        self.earlier = earlier
        super().__init__(earlier.record_id)


class KeyInUse(Exception):
    """Another request stored the same key first."""


def hash_parts(*parts: str | bytes) -> str:
    """Hash texts so that their borders count."""
    found = hashlib.sha256()
    for part in parts:
        content = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        found.update(b"%d:" % len(content) + content)
    return found.hexdigest()


def _keyed(digest: str) -> str:
    return salted_hmac("backoffice.records.idempotency", digest, algorithm="sha256").hexdigest()


def check_key(text: str) -> None:
    """Raise ValidationError unless a text can be a key."""
    if len(text) > MAX_LENGTH or not KEY_FORMAT.fullmatch(text):
        raise ValidationError(f"An Idempotency-Key has 1 to {MAX_LENGTH} printable ASCII characters.")


def find_repeated(key: RequestKey | None) -> IdempotencyKey | None:
    """Find the earlier request with this key. Raises KeyReused if its body was another."""
    if key is None:
        return None
    found = IdempotencyKey.objects.filter(digest=key.digest, created_at__gt=now() - KEPT_FOR).first()
    if found is not None and found.body_digest != key.keyed_body_digest:
        raise KeyReused(found)
    return found


def store_key(key: RequestKey, record_id: str) -> None:
    """Store a key, within the transaction of what it came with. Raises KeyInUse if another request was faster: what came
    of that one, `find_repeated` tells after this transaction."""
    if secrets.randbelow(_TIDY_EVERY) == 0:
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
    """Raise KeyInUse (or KeyReused) in place of any refusal if another request has stored the key meanwhile: what that one
    wrote may be all that speaks against this one."""
    try:
        yield
    except (KeyInUse, DatabaseError):
        raise
    except Exception as error:
        if find_repeated(key) is None:
            raise
        raise KeyInUse from error


def make_once(
    key: RequestKey | None, make: Callable[[], Made | None], find: Callable[[str], Made | None]
) -> Made | None:
    """Make something that is no record, and store the key with it; `find` gives what an earlier request made."""
    if key is None:
        return make()

    def work() -> Made | None:
        made = make()
        if made is not None:
            store_key(key, made.pk)
        return made

    earlier = find_repeated(key)
    if earlier is None:
        try:
            with recheck_key(key):
                return with_retry(work)
        except KeyInUse:
            earlier = find_repeated(key)
    return find(earlier.record_id) if earlier else None


def remove_old_keys(caller: str) -> None:
    """Remove the keys whose time is over, and the oldest of a caller who has too many."""
    IdempotencyKey.objects.filter(created_at__lte=now() - KEPT_FOR).delete()
    mine = IdempotencyKey.objects.filter(caller=caller).order_by("-created_at")
    last = list(mine.values_list("created_at", flat=True)[MAX_KEYS : MAX_KEYS + 1])
    if last:
        IdempotencyKey.objects.filter(caller=caller, created_at__lte=last[0]).delete()
