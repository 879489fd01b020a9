"""The builder of demo data. Each app has its records in `demo/records.jsonl`, one per line, after those that
they refer to.

A record is created by the first of its `steps` and updated by the others. A step has a time (`at`), a
username (`by`; none: the installation itself), a channel (`via`; the browser if it is missing), an action,
and `values`, or elements to `append` to lists. All times are relative to the time of loading: see
`relative_times`. Ids of child rows and requests derive from the record's `name`, except for those of its
`parts` and of elements with an `id`. A user with the key `sign_in` gets the password of the demo; their
home page shows the changes of the day before.
"""

import hashlib
import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from operator import itemgetter
from pathlib import Path

from django.apps import apps

from backoffice.db.object_ids import generate_ids
from backoffice.demo.relative_times import resolve_times
from backoffice.lists.models import Visit
from backoffice.people.models import User
from backoffice.records import services
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.fields import now
from backoffice.records.models import Entity, History


def read_records() -> list[dict]:
    """Return the demo records of all apps."""
    paths = [Path(config.path, "demo", "records.jsonl") for config in apps.get_app_configs()]
    return [json.loads(line) for path in paths if path.exists() for line in path.open(encoding="utf-8")]


def find_users(records: list[dict]) -> dict[str, dict]:
    """Return the demo records of users by username."""
    return {
        record["steps"][0]["values"]["username"]: record
        for record in records
        if record["model"] == User._meta.label_lower
    }


class DemoActor(Installation):
    """The installation acting in the name of a demo user, so that the demo can be completed even if the
    user's rights have changed."""

    def __init__(self, user: User):
        super().__init__(user.company_id, user.history_name)
        self.user_id = user.pk

    def has_perm(self, permission):
        return True


def build_demo(
    records: list[dict], hash_password: Callable[[], str], report: Callable[[str, int, int], None]
) -> int:
    """Add the demo records that do not exist, and return their number. `hash_password` returns a new hash of
    the password of the demo users; `report(label, done, total)` reports the progress."""
    added, users, moment = 0, find_users(records), now()

    @cache
    def find_actor(username: str | None) -> Installation:
        if username is None:
            return Installation(name="Demo data")
        return DemoActor(User._base_manager.get(pk=users[username]["id"]))

    for label, group in itertools.groupby(records, itemgetter("model")):
        model, members = apps.get_model(label), [resolve_times(record, moment) for record in group]
        members.sort(key=lambda record: record["steps"][0]["at"])  # so numbers increase with time
        for index, record in enumerate(members, start=1):
            if not model._base_manager.filter(pk=record["id"]).exists():
                _add(model, record, find_actor, hash_password)
                added += 1
                if "sign_in" in record:
                    visit = {"since": moment - timedelta(days=1), "last_at": moment - timedelta(days=1)}
                    Visit.objects.update_or_create(user_id=record["id"], defaults=visit)
            report(str(model._meta.verbose_name_plural), index, len(members))
    return added


def _add(
    model: type[Entity],
    demo_record: dict,
    find_actor: Callable[[str | None], Installation],
    hash_password: Callable[[], str],
) -> None:
    name, pk, company = demo_record["name"], demo_record["id"], demo_record.get("company")
    # The history of a deleted record still exists, with its ids.
    before = History.objects.filter(record_type=model._meta.label_lower, record_id=pk).count()
    ids = (_derive_id(f"{name}, {index}") for index in itertools.count(before * 1000))
    values = demo_record["steps"][0]["values"]
    if "sign_in" in demo_record:
        values["password"] = hash_password()
    if (
        "number" in values
        and model._base_manager.filter(company_id=company, number=values["number"]).exists()
    ):
        del values["number"]  # so the record gets the next free one
    if getattr(model, "conversation", ()):
        values.setdefault("chat_id", _derive_id(f"conversation of {name}"))
    record = None
    with generate_ids(itertools.chain(demo_record.get("parts", ()), ids)):
        for index, step in enumerate(demo_record["steps"]):
            channel = step.get("via", Channel.BROWSER)
            request = _derive_id(f"request {index} of {name}")[:16] if channel != Channel.COMMAND else ""
            options = {
                "actor": find_actor(step.get("by")),
                "context": ChangeContext(channel, request),
                "at": step["at"],
            }
            if record is None:
                record = services.create(model, values, company_id=company, id=pk, **options).record
                continue
            values = step.get("values", {})
            for prop, element in step.get("append", {}).items():
                kept = [{"id": existing["id"]} for existing in getattr(record, prop)]
                values[prop] = [*kept, element]
            action = step.get("action", "change")
            record = services.update(record, values, action=action, restores_elements=True, **options).record


def _derive_id(name: str) -> str:
    return hashlib.sha256(f"caretaker demo: {name}".encode()).hexdigest()[:24]
