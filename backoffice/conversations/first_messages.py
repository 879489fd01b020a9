"""First messages of records that were written before there were conversations, for migrations."""

from collections.abc import Iterator, Mapping

from backoffice.db.object_ids import new_object_id

BATCH = 500


def add_first_messages(apps, model: str, messages: str, kind: str, column: str, **details: str) -> None:
    """Add the text in a column of each record as its first message. `details` maps fields of the message to the
    columns that have them. Otherwise the history says who wrote the text and when, if it does."""
    records, message_model = apps.get_model(model), apps.get_model(messages)
    names = [*details.values()]
    rows = records._base_manager.exclude(**{column: ""}).order_by("pk")
    rows = rows.values("pk", column, "last_modified_at", *names)
    users = apps.get_model("people", "User")._base_manager
    last = ""
    while batch := list(rows.filter(pk__gt=last)[:BATCH] if last else rows[:BATCH]):
        last = batch[-1]["pk"]
        writers = {} if details else _find_writers(apps, model, column, [row["pk"] for row in batch])
        known = {writer["user_id"] for writer in writers.values()} - {None}
        present = set(users.filter(pk__in=known).values_list("pk", flat=True)) if known else set()
        message_model._base_manager.bulk_create(
            message_model(
                id=new_object_id(),
                record_id=row["pk"],
                kind=kind,
                text=row[column],
                **_describe(row, details, writers.get(row["pk"]), present),
            )
            for row in batch
        )


def _describe(row: dict, details: Mapping[str, str], writer: dict | None, present: set[str]) -> dict:
    """Return the date and the author of a message."""
    described = {name: row[column] for name, column in details.items()}
    if writer is not None:
        author = writer["user_id"] if writer["user_id"] in present else None
        described = {"date": writer["at"], "author_id": author, "author_name": writer["who"]}
    return described | {"date": described.get("date") or row["last_modified_at"]}


def _find_writers(apps, model: str, column: str, ids: list[str]) -> dict[str, dict]:
    """Return the history entries of the last changes of a column, by record id, without imports: who imports a record
    did not write its texts."""
    history = apps.get_model("records", "History")._base_manager
    rows = history.filter(record_type=model.lower(), record_id__in=ids).exclude(action="import")
    writers: dict[str, dict] = {}
    for row in _iterate(rows.order_by("record_id", "version")):
        if any(change["property"] == column for change in row["changes"]):
            writers[row["record_id"]] = row
    return writers


def _iterate(rows) -> Iterator[dict]:
    return rows.values("record_id", "at", "user_id", "who", "changes").iterator(chunk_size=BATCH)
