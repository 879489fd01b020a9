"""Seeding of the peers' databases with our complaints: `python -m benchmarks.seeding PEER OURS_URL`."""

import hashlib
import json
import os
import sys

from benchmarks.databases import gather_statistics

KEY = "only-for-measuring-0123456789abcdef"
COLUMNS = (
    "number", "company_id", "status", "created_at", "created_by_id", "last_modified_at", "last_modified_by_id",
    "chat_id", "desc", "room_description", "contact_name", "contact_email", "contact_telephone", "priority", "images",
    "user_id", "comment", "response", "custom_fields", "object_id", "complaint_status", "assigned_date", "finished_at",
    "finished_by_id", "finish_images",
)  # fmt: skip


def copy_complaints(source, target) -> None:
    """Copy from the cursor of one database to that of another."""

    def fetch(sql):
        source.execute(sql)
        return source.fetchall()

    ((company, owner),) = fetch(
        "SELECT company_id, _id FROM people_user WHERE username LIKE 'administrator0-%'"
    )
    people = fetch("SELECT _id, company_id, first_name || ' ' || last_name FROM people_user")
    target.executemany("INSERT INTO desk_person VALUES (%s, %s, %s)", people)
    places = fetch("SELECT _id, company_id, name FROM facility_customerobject")
    target.executemany("INSERT INTO desk_place VALUES (%s, %s, %s)", places)
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    target.execute("INSERT INTO desk_key (digest, owner_id) VALUES (%s, %s)", (digest, owner))
    tags: dict[str, list] = {}
    for record, text in fetch("SELECT record_id, text FROM facility_complainttag ORDER BY position"):
        tags.setdefault(record, []).append(text)
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    target_columns = ", ".join(
        f'"{name.removesuffix("_id") if name.endswith("_by_id") else name}"' for name in COLUMNS
    )
    places = ", ".join(["%s"] * (len(COLUMNS) + 2))
    rows = fetch(f"SELECT _id, {names} FROM facility_complaint WHERE company_id = '{company}'")
    target.executemany(
        f"INSERT INTO desk_complaint (id, {target_columns}, tags) VALUES ({places})",
        [(*row, json.dumps(tags.get(row[0], []))) for row in rows],
    )


def add_tickets(source) -> None:
    from datetime import timezone

    from django.contrib.auth.models import User
    from helpdesk.models import Queue, Ticket

    root = User.objects.get(username="root")
    queue = Queue.objects.create(title="Complaints", slug="complaints")
    source.execute(
        'SELECT "desc", created_at, priority, contact_email, complaint_status FROM facility_complaint ORDER BY number'
    )
    states = {"new": Ticket.OPEN_STATUS, "assigned": Ticket.OPEN_STATUS, "finished": Ticket.CLOSED_STATUS}
    Ticket.objects.bulk_create(
        Ticket(
            title=desc[:80], description=desc, queue=queue, created=created.replace(tzinfo=timezone.utc), modified=created.replace(tzinfo=timezone.utc),
            priority=priority, submitter_email=email, status=states[state], assigned_to=root if state != "new" else None,
        )
        for desc, created, priority, email, state in source.fetchall()
    )  # fmt: skip


def main(peer: str, caretaker: str) -> None:
    os.environ.update(PEER=peer, DJANGO_SETTINGS_MODULE="benchmarks.peers.settings")
    import django
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.db.utils import ConnectionHandler

    from benchmarks.peers.settings import database

    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    if peer in ("admin", "helpdesk"):
        from django.contrib.auth.models import User

        User.objects.create_superuser("root", "root@example.com", "only-for-measuring")
    caretaker_connection = ConnectionHandler({"default": database(caretaker)})["default"]
    with caretaker_connection.cursor() as source, transaction.atomic(), connection.cursor() as target:
        copy_complaints(source, target)
        if peer == "helpdesk":
            add_tickets(source)
    gather_statistics(os.environ["PEER_DATABASE"])


if __name__ == "__main__":
    main(*sys.argv[1:])
