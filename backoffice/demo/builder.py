"""The builder of demo data that the `demo` module of each app uses. Ids, numbers, texts and dates are the
same on every run, and existing records are not changed."""

import hashlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from backoffice.db.object_ids import generate_ids
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.models import Entity, History

FIRST_DAY = datetime(2025, 9, 1, 6, 0, tzinfo=timezone.utc)
LAST_DAY = datetime(2026, 10, 30, 15, 0, tzinfo=timezone.utc)
"""The period of the demo's daily work."""


@dataclass(frozen=True)
class DemoStep:
    """The creation or an update of a record: time, username (empty for the installation itself), values and
    channel. `values` may be a function of the record before the step."""

    at: datetime
    username: str
    values: dict | Callable[[Entity], dict]
    channel: str = Channel.BROWSER
    action: str = "change"


class DemoActor(Installation):
    """The installation acting in the name of a demo user, so that the demo can be completed even if the
    user's rights have changed."""

    def __init__(self, user: User):
        super().__init__(user.company_id, user.history_name)
        self.user_id = user.pk

    def has_perm(self, permission):
        return True


def demo_id(name: str) -> str:
    """Return the id of the demo record with this name."""
    return hashlib.sha256(f"caretaker demo: {name}".encode()).hexdigest()[:24]


def rng_for(name: str) -> random.Random:
    """Return the random generator of a demo record, seeded by its name so that other records have no effect
    on it."""
    return random.Random(f"caretaker demo: {name}")  # noqa: S311 # nosec B311 # names for a demo


def days_of_work(name: str, count: int) -> list[datetime]:
    """Return `count` sorted times, spread over the working hours of the demo's period."""
    rng = rng_for(name)
    span = (LAST_DAY - FIRST_DAY) / count
    moments = []
    for index in range(count):
        day = FIRST_DAY + span * index + span * rng.random() * 0.9
        hour = rng.choice([6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 17])
        minutes = timedelta(minutes=rng.randrange(60), seconds=rng.randrange(60))
        moments.append(day.replace(hour=hour, minute=0, second=0, microsecond=0) + minutes)
    return sorted(moments)


def later(rng: random.Random, at: datetime, *, hours: float) -> datetime:
    """Return a time after `at`, by `hours` on average, but not at night."""
    moment = at + timedelta(seconds=round(rng.uniform(0.2, 1.8) * hours * 3600))
    if 6 <= moment.hour < 17:
        return moment
    return (moment + timedelta(days=moment.hour >= 17)).replace(hour=6 + rng.randrange(4))


class DemoBuilder:
    """Adds demo records, and reports the progress to `report(label, done, total)`."""

    def __init__(self, hash_password: Callable[[], str], report: Callable[[str, int, int], None]):
        self.hash_password = hash_password
        """Returns a new hash of the password of the demo users."""
        self.added = 0
        self._report = report
        self._actors: dict[str, DemoActor] = {}

    def _actor(self, username: str) -> Installation:
        """Return the actor for a username of the demo."""
        if not username:
            return Installation(name="Demo data")
        if username not in self._actors:
            self._actors[username] = DemoActor(User._base_manager.get(pk=person_id(username)))
        return self._actors[username]

    def track(self, label: str, items: Iterable) -> Iterator:
        """Iterate over items and report the progress."""
        items = list(items)
        for index, item in enumerate(items, start=1):
            yield item
            self._report(label, index, len(items))

    def add_record(
        self,
        model: type[Entity],
        name: str,
        steps: list[DemoStep],
        *,
        company: str = "",
        id: str = "",
        parts: tuple[str, ...] = (),
    ) -> None:
        """Create a record by the first step and update it by the others, unless it exists. `parts` are the
        ids of its child rows (comments, files), where they matter."""
        pk = id or demo_id(name)
        if model._base_manager.filter(pk=pk).exists():
            return
        first, *others = steps
        # The history of a deleted record still exists, with its ids.
        before = History.objects.filter(record_type=model._meta.label_lower, record_id=pk).count()
        ids = (demo_id(f"{name}, {index}") for index in itertools.count(before * 1000))
        with generate_ids(itertools.chain(parts, ids)):
            record = services.create(
                model,
                self._drop_taken_number(model, company, first.values),
                actor=self._actor(first.username),
                context=self._change_context(name, 0, first),
                company_id=company or None,
                id=pk,
                at=first.at,
            ).record
            for index, step in enumerate(others, start=1):
                values = step.values(record) if callable(step.values) else step.values
                record = services.update(
                    record,
                    values,
                    actor=self._actor(step.username),
                    context=self._change_context(name, index, step),
                    action=step.action,
                    at=step.at,
                ).record
        self.added += 1

    def _change_context(self, name: str, index: int, step: DemoStep) -> ChangeContext:
        by_request = step.channel != Channel.COMMAND
        return ChangeContext(step.channel, demo_id(f"request {index} of {name}")[:16] if by_request else "")

    def _drop_taken_number(self, model, company, values):
        """Return the values without a number that is in use, so that the record gets the next free one."""
        is_taken = (
            "number" in values
            and model._base_manager.filter(company_id=company, number=values["number"]).exists()
        )
        return {name: value for name, value in values.items() if not (is_taken and name == "number")}


def person_id(username: str) -> str:
    """Return the id of a demo user. Alice and Hans have the ids of the documented examples."""
    known = {"alice": "507f1f77bcf86cd799439014", "hans": "1234567890abcdef12345678"}
    return known.get(username) or demo_id(f"user {username}")
