"""The generator of a company of any size, for load tests. The `demo.generated` module of each app declares
its models. The same seed makes the same records. They are written in batches by `services.create_many`, like
an import."""

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from django.db import models

from backoffice.db.transactions import lock_references, with_retry
from backoffice.people.models import Customer
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import Entity, History
from backoffice.records.services import Provenance

Cached = TypeVar("Cached")
FIRST_CREATED = datetime(2021, 1, 4, 6, 0, tzinfo=timezone.utc)
LAST_DAY = datetime(2026, 10, 30, 15, 0, tzinfo=timezone.utc)
"""Records are created between these times."""
AUTHOR_NAME = "Generated data"
MAX_COUNT = 2**24
"""The maximum number of records of a model: the index takes three bytes of the id."""
BATCH = 500


def later(rng: random.Random, at: datetime, *, hours: float) -> datetime:
    """Return a time after `at`, by `hours` on average, but not at night."""
    moment = at + timedelta(seconds=round(rng.uniform(0.2, 1.8) * hours * 3600))
    if 6 <= moment.hour < 17:
        return moment
    return (moment + timedelta(days=moment.hour >= 17)).replace(hour=6 + rng.randrange(4))


@dataclass(frozen=True)
class GeneratedRecord:
    """The values of a record, and the times and user ids of its creation and last change."""

    values: dict
    at: datetime
    created_by: str | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


@dataclass(frozen=True)
class GeneratedModel:
    """One model and its default count. `make` builds the record with an index, created on a day. Records of
    the models that it `requires` must exist."""

    name: str
    model: type[Entity]
    default_count: int
    make: Callable[["GeneratedCompany", random.Random, int, datetime], GeneratedRecord]
    requires: tuple[str, ...] = ()


@dataclass
class GeneratedCompany:
    """The company that is filled: the counts of records by model name, and the existing records to refer
    to."""

    company_id: str
    seed: str
    models_to_fill: list[GeneratedModel]
    counts: dict[str, int]
    password: str
    """The password hash of all users."""
    added: int = 0
    _used: dict[type[models.Model], set[str]] = field(default_factory=dict)
    _cache: dict[tuple, object] = field(default_factory=dict)

    def id_of(self, name: str, index: int) -> str:
        """Return the id of a record. Ids increase with the index, like those of records created in
        sequence."""
        seconds = int(FIRST_CREATED.timestamp()) + 60 * index
        text = f"{self.seed} {self.company_id} {name}"
        digest = self.cached(("id", name), lambda: hashlib.sha256(text.encode()).hexdigest()[:10])
        return f"{seconds:08x}{digest}{index:06x}"

    def cached(self, key: tuple, compute: Callable[[], Cached]) -> Cached:
        """Return the result of `compute`, cached by key."""
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]

    def existing_ids(self, name: str) -> list[str]:
        """Return the ids of a model's records, without deleted ones. Call it only after all are written."""

        def find() -> list[str]:
            (model,) = (one.model for one in self.models_to_fill if one.name == name)
            known = self._known_ids(model)
            return [pk for index in range(self.counts[name]) if (pk := self.id_of(name, index)) in known]

        return self.cached(("existing", name), find)

    def customer_name(self, pk: str) -> str:
        """Return the name of a customer."""
        customers = Customer._base_manager.filter(company_id=self.company_id)
        return self.cached(("names",), lambda: dict(customers.values_list("pk", "name")))[pk]

    def _known_ids(self, model: type[models.Model]) -> set[str]:
        of_company = model._base_manager.filter(company_id=self.company_id)
        return self.cached(("ids", model), lambda: set(of_company.values_list("pk", flat=True)))

    def _resolve_references(self, record, name, target, ids, actor) -> set[str]:
        """Like `check_references` of a record, from memory."""
        found = ids & self._known_ids(target)
        self._used.setdefault(target, set()).update(found)
        return found

    def fill(self, generated_model: GeneratedModel) -> Iterator[int]:
        """Create the missing records of a model, and yield the size of each batch. Records that existed once
        are not created again, even if they are deleted."""
        count = self.counts[generated_model.name]
        interval = (LAST_DAY - FIRST_CREATED) / max(count, 1)
        for first in range(0, count, BATCH):
            indexes = range(first, min(first + BATCH, count))
            records = [
                self._build(generated_model, index, pk, FIRST_CREATED + interval * index)
                for index, pk in self._missing(generated_model, indexes)
            ]
            if records:
                with_retry(lambda records=records: self._write(generated_model.model, records))
                self.added += len(records)
            yield len(indexes)
        self._cache.pop(("ids", generated_model.model), None)

    def _missing(self, generated_model: GeneratedModel, indexes: Iterable[int]) -> list[tuple[int, str]]:
        ids = {self.id_of(generated_model.name, index): index for index in indexes}
        rows = History.objects.filter(
            record_type=generated_model.model._meta.label_lower, record_id__in=list(ids), version=1
        )
        existing = set(rows.values_list("record_id", flat=True))
        return [(index, pk) for pk, index in ids.items() if pk not in existing]

    def _build(
        self, generated_model: GeneratedModel, index: int, pk: str, day: datetime
    ) -> services.ImportedRecord:
        rng = random.Random(f"{self.seed} {generated_model.name} {index}")  # noqa: S311 # nosec B311 # no secret
        hour, minutes = rng.choice([6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14]), rng.randrange(60)
        moment = day.replace(hour=hour, minute=minutes, second=rng.randrange(60), microsecond=0)
        record = generated_model.make(self, rng, index, moment)
        changed_by = record.created_by if record.changed_at is None else record.changed_by
        provenance = Provenance(record.at, record.created_by, record.changed_at or record.at, changed_by)
        return services.ImportedRecord(record.values, provenance, self.company_id, pk)

    def _write(self, model: type[Entity], records: list[services.ImportedRecord]) -> None:
        self._used = {}
        actor = Installation(self.company_id, AUTHOR_NAME)
        services.create_many(
            model,
            records,
            actor=actor,
            context=ChangeContext(Channel.COMMAND),
            resolve_references=self._resolve_references,
        )
        for target, ids in self._used.items():
            lock_references(target, ids)
