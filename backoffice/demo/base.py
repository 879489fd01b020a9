"""How each app's `demo` module adds its part: the same ids, numbers, texts and dates on every run, and what is
there already is left alone."""

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
"""Between these the demo's daily work happened."""


@dataclass(frozen=True)
class DemoStep:
    """Something that was done to a record: when, by whom (a username; empty for the installation itself), what
    and through which door. `values` may be worked out from the record as it was until then."""

    at: datetime
    who: str
    values: dict | Callable[[Entity], dict]
    channel: str = Channel.BROWSER
    action: str = "change"


class DemoActor(Installation):
    """A person of the demo. The installation acts in their name, so that the demo can be completed whatever
    was done to their rights since."""

    def __init__(self, user: User):
        super().__init__(user.company_id, user.history_name)
        self.user_id = user.pk

    def has_perm(self, permission):
        return True


def demo_id(name: str) -> str:
    """The id of what the demo calls `name`."""
    return hashlib.sha256(f"caretaker demo: {name}".encode()).hexdigest()[:24]


def chance(name: str) -> random.Random:
    """The choices made for what the demo calls `name`: the same each time, whatever else is added."""
    return random.Random(f"caretaker demo: {name}")  # noqa: S311 # nosec B311 # names for a demo


def days_of_work(name: str, count: int) -> list[datetime]:
    """`count` moments, in order, spread over the working hours of the demo's time."""
    luck = chance(name)
    span = (LAST_DAY - FIRST_DAY) / count
    moments = []
    for place in range(count):
        day = FIRST_DAY + span * place + span * luck.random() * 0.9
        hour = luck.choice([6, 7, 7, 8, 8, 9, 10, 11, 12, 13, 14, 15, 17])
        minutes = timedelta(minutes=luck.randrange(60), seconds=luck.randrange(60))
        moments.append(day.replace(hour=hour, minute=0, second=0, microsecond=0) + minutes)
    return sorted(moments)


def later(luck: random.Random, at: datetime, *, hours: float) -> datetime:
    """Some time after `at`, `hours` on the average, but not at night."""
    moment = at + timedelta(seconds=round(luck.uniform(0.2, 1.8) * hours * 3600))
    if 6 <= moment.hour < 17:
        return moment
    return (moment + timedelta(days=moment.hour >= 17)).replace(hour=6 + luck.randrange(4))


class DemoBuilder:
    """The demo data while it is being added."""

    def __init__(self, hashed: Callable[[], str], say: Callable[[str, int, int], None]):
        self.hashed = hashed
        """Makes a hash of the password of the demo's users."""
        self.added = 0
        self._say = say
        self._players: dict[str, DemoActor] = {}

    def player(self, username: str) -> Installation:
        """Whoever acts under a username of the demo."""
        if not username:
            return Installation(name="Demo data")
        if username not in self._players:
            self._players[username] = DemoActor(User._base_manager.get(pk=person_id(username)))
        return self._players[username]

    def each(self, what: str, plans: Iterable) -> Iterator:
        """The plans one by one, saying how far it is."""
        plans = list(plans)
        for place, one in enumerate(plans, start=1):
            yield one
            self._say(what, place, len(plans))

    def tell(
        self,
        model: type[Entity],
        name: str,
        steps: list[DemoStep],
        *,
        company: str = "",
        id: str = "",
        parts: tuple[str, ...] = (),
    ) -> None:
        """Add a record, by the first step, and what was done to it since, by the others. `parts` are the ids of
        what belongs to it (comments, files), where they matter."""
        pk = id or demo_id(name)
        if model._base_manager.filter(pk=pk).exists():
            return
        first, *others = steps
        # If it was here before, its history still is, ids and all.
        before = History.objects.filter(record_type=model._meta.label_lower, record_id=pk).count()
        ids = (demo_id(f"{name}, {place}") for place in itertools.count(before * 1000))
        with generate_ids(itertools.chain(parts, ids)):
            record = services.create(
                model,
                self._free(model, company, first.values),
                actor=self.player(first.who),
                via=self._via(name, 0, first),
                company_id=company or None,
                id=pk,
                at=first.at,
            ).record
            for place, step in enumerate(others, start=1):
                values = step.values(record) if callable(step.values) else step.values
                record = services.update(
                    record,
                    values,
                    actor=self.player(step.who),
                    via=self._via(name, place, step),
                    action=step.action,
                    at=step.at,
                ).record
        self.added += 1

    def _via(self, name: str, place: int, step: DemoStep) -> ChangeContext:
        by_request = step.channel != Channel.COMMAND
        return ChangeContext(step.channel, demo_id(f"request {place} of {name}")[:16] if by_request else "")

    def _free(self, model, company, values):
        """The values without a number that somebody else has taken meanwhile: the next free one is given."""
        taken = (
            "number" in values
            and model._base_manager.filter(company_id=company, number=values["number"]).exists()
        )
        return {name: value for name, value in values.items() if not (taken and name == "number")}


def person_id(username: str) -> str:
    """The id of a user of the demo. Alice has that of the documented example, and Hans that of the other one."""
    known = {"alice": "507f1f77bcf86cd799439014", "hans": "1234567890abcdef12345678"}
    return known.get(username) or demo_id(f"user {username}")
