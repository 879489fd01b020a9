"""How each app's `generated` module adds its part of a company that is as large as one wants: the same records for the
same seed, written in batches through `records.create_many`, as if they came from another system."""

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TypeVar

from django.db import models

from backoffice.db.transactions import lock_references, with_retry
from backoffice.demo.base import LAST_DAY
from backoffice.people.models import Customer
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import Entity, History
from backoffice.records.services import Provenance

Found = TypeVar("Found")
BEGAN = datetime(2021, 1, 4, 6, 0, tzinfo=timezone.utc)
"""From here to the demo's last day the records were made."""
WHO = "Generated data"
MOST = 2**24
"""How many of a kind there can be: their places are three bytes of their ids."""
BATCH = 500


@dataclass(frozen=True)
class GeneratedRecords:
    """A record to be: its values, and when and by whom it was made and last changed."""

    values: dict
    at: datetime
    who: str | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


@dataclass(frozen=True)
class GeneratedModel:
    """One kind of record, and how many of it there are if nobody says. `make` is told its place among them, and a day;
    of the kinds that it `needs` there must be some."""

    name: str
    model: type[Entity]
    usual: int
    make: Callable[["GeneratedCompany", random.Random, int, datetime], GeneratedRecords]
    needs: tuple[str, ...] = ()


@dataclass
class GeneratedCompany:
    """The company that is being filled: how many of each kind there are to be, and what is there to point at."""

    company_id: str
    seed: str
    kinds: list[GeneratedModel]
    counts: dict[str, int]
    password: str
    """The hash of everybody's password."""
    added: int = 0
    _ids: dict[type[models.Model], set[str]] = field(default_factory=dict)
    _used: dict[type[models.Model], set[str]] = field(default_factory=dict)
    _kept: dict[tuple, object] = field(default_factory=dict)

    def id_of(self, name: str, place: int) -> str:
        """The id of a record. Ids grow with the places, as those do that are made one after another."""
        seconds = int(BEGAN.timestamp()) + 60 * place
        text = f"{self.seed} {self.company_id} {name}"
        kind = self.kept(("id", name), lambda: hashlib.sha256(text.encode()).hexdigest()[:10])
        return f"{seconds:08x}{kind}{place:06x}"

    def kept(self, what: tuple, find: Callable[[], Found]) -> Found:
        """What `find` finds, looked for once."""
        if what not in self._kept:
            self._kept[what] = find()
        return self._kept[what]

    def there(self, name: str) -> list[str]:
        """The ids of one kind of record, without those that somebody removed. To be asked once all are written."""

        def found() -> list[str]:
            (model,) = (kind.model for kind in self.kinds if kind.name == name)
            known = self._known_ids(model)
            return [pk for place in range(self.counts[name]) if (pk := self.id_of(name, place)) in known]

        return self.kept(("there", name), found)

    def customer_name(self, pk: str) -> str:
        """What a customer is called."""
        customers = Customer._base_manager.filter(company_id=self.company_id)
        return self.kept(("names",), lambda: dict(customers.values_list("pk", "name")))[pk]

    def _known_ids(self, model: type[models.Model]) -> set[str]:
        if model not in self._ids:
            of_company = model._base_manager.filter(company_id=self.company_id)
            self._ids[model] = set(of_company.values_list("pk", flat=True))
        return self._ids[model]

    def _known(self, record, name, target, ids, actor) -> set[str]:
        """What `check_references` of a record says, from memory."""
        found = ids & self._known_ids(target)
        self._used.setdefault(target, set()).update(found)
        return found

    def fill(self, kind: GeneratedModel) -> Iterator[int]:
        """Add what is missing of one kind, and tell after each batch how many were looked at. What was there once is
        left alone, even if it was removed since."""
        count = self.counts[kind.name]
        pace = (LAST_DAY - BEGAN) / max(count, 1)
        for first in range(0, count, BATCH):
            places = range(first, min(first + BATCH, count))
            newcomers = [
                self._newcomer(kind, place, pk, BEGAN + pace * place)
                for place, pk in self._missing(kind, places)
            ]
            if newcomers:
                with_retry(lambda newcomers=newcomers: self._write(kind.model, newcomers))
                self.added += len(newcomers)
            yield len(places)
        self._ids.pop(kind.model, None)

    def _missing(self, kind: GeneratedModel, places: Iterable[int]) -> list[tuple[int, str]]:
        ids = {self.id_of(kind.name, place): place for place in places}
        rows = History.objects.filter(
            record_type=kind.model._meta.label_lower, record_id__in=list(ids), version=1
        )
        made = set(rows.values_list("record_id", flat=True))
        return [(place, pk) for pk, place in ids.items() if pk not in made]

    def _newcomer(self, kind: GeneratedModel, place: int, pk: str, day: datetime) -> services.ImportedRecord:
        luck = random.Random(f"{self.seed} {kind.name} {place}")  # noqa: S311 # nosec B311 # no secret
        hour, minutes = luck.choice([6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14]), luck.randrange(60)
        moment = day.replace(hour=hour, minute=minutes, second=luck.randrange(60), microsecond=0)
        made = kind.make(self, luck, place, moment)
        changed_by = made.who if made.changed_at is None else made.changed_by
        stamps = Provenance(made.at, made.who, made.changed_at or made.at, changed_by)
        return services.ImportedRecord(made.values, stamps, self.company_id, pk)

    def _write(self, model: type[Entity], newcomers: list[services.ImportedRecord]) -> None:
        self._used = {}
        actor = Installation(self.company_id, WHO)
        services.create_many(
            model, newcomers, actor=actor, via=ChangeContext(Channel.COMMAND), known=self._known
        )
        for target, ids in self._used.items():
            lock_references(target, ids)
