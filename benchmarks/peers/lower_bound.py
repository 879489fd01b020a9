"""The lower bound: WSGI with sqlite3 or psycopg, the same UPDATE and SELECT, and only what a response needs.
It looks up the key, validates almost nothing and has no history: not an example to follow, but nothing can be
much faster."""

import hashlib
import json
import os
import threading
from datetime import datetime, timezone
from urllib.parse import parse_qs

from benchmarks.databases import connect, with_placeholders

NAMES = (
    "id", "number", "company_id", "status", "created_at", "created_by", "last_modified_at", "last_modified_by",
    "chat_id", "desc", "room_description", "contact_name", "contact_email", "contact_telephone", "priority", "images",
    "user_id", "comment", "response", "custom_fields", "object_id", "complaint_status", "assigned_date", "finished_at",
    "finished_by", "finish_images", "tags",
)  # fmt: skip
ALL = ", ".join(f'"{name}"' for name in NAMES)
URL = os.environ["PEER_DATABASE"]
KEY = with_placeholders(
    "SELECT owner_id, company_id FROM desk_key JOIN desk_person p ON p.id = owner_id WHERE digest = ?", URL
)
READ = with_placeholders(f"SELECT {ALL} FROM desk_complaint WHERE id = ? AND company_id = ?", URL)
LIST = with_placeholders(
    f"SELECT {ALL} FROM desk_complaint WHERE company_id = ? ORDER BY id LIMIT ? OFFSET ?", URL
)
COLUMNS = {
    "number": "number", "chatId": "chat_id", "desc": "desc", "roomDescription": "room_description",
    "contactName": "contact_name", "priority": "priority", "images": "images", "userId": "user_id",
    "comment": "comment", "response": "response", "customFields": "custom_fields", "tags": "tags",
}  # fmt: skip
_local = threading.local()


def connection():
    if not hasattr(_local, "connection"):
        _local.connection = connect(URL)
    return _local.connection


def document(row) -> dict:
    (pk, number, company, status, created, creator, modified, modifier, chat, desc, room, name, email, telephone,
     priority, images, user, comment, response, custom, place, state, assigned, finished, finisher, finish_images,
     tags) = row  # fmt: skip
    return {
        "_id": pk, "number": number, "companyId": company,
        "status": {"status": status, "createdAt": created, "createdBy": creator, "lastModifiedAt": modified,
                   "lastModifiedBy": modifier},
        "chatId": chat, "desc": desc, "roomDescription": room, "contactName": name,
        "contact": {"email": email, "telephone": telephone}, "priority": priority, "images": json.loads(images),
        "userId": user, "comment": comment, "response": response, "customFields": custom and json.loads(custom),
        "objectId": place, "complaintStatus": state, "assignedDate": assigned, "finishedAt": finished,
        "finishedBy": finisher, "finishImages": json.loads(finish_images), "tags": json.loads(tags),
    }  # fmt: skip


def columns_of(sent: dict) -> dict:
    values = {f"contact_{name}": value for name, value in sent.pop("contact", {}).items()}
    values |= {COLUMNS[name]: value for name, value in sent.items()}
    for name in values.keys() & {"images", "custom_fields", "tags"}:
        values[name] = json.dumps(values[name])
    return values


def respond(environ) -> tuple[str, object]:
    db = connection()
    digest = hashlib.sha256(environ.get("HTTP_X_API_KEY", "").encode()).hexdigest()
    caller = db.execute(KEY, (digest,)).fetchone()
    if caller is None:
        return "401 Unauthorized", {"message": "Send a valid key."}
    owner, company = caller
    pk = environ["PATH_INFO"].removeprefix("/v2/complaints").strip("/")
    if not pk:
        query = parse_qs(environ.get("QUERY_STRING", ""))
        limit, offset = int(query.get("limit", ["100"])[0]), int(query.get("offset", ["0"])[0])
        return "200 OK", [document(row) for row in db.execute(LIST, (company, limit, offset))]
    if environ["REQUEST_METHOD"] == "PATCH":
        sent = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        if not 1 <= sent.get("priority", 1) <= 4 or sent.keys() - COLUMNS.keys() - {"contact"}:
            return "400 Bad Request", {"message": "This is not valid."}
        values = columns_of(sent)
        values |= {"last_modified_at": str(datetime.now(timezone.utc))[:26], "last_modified_by": owner}
        assignments = ", ".join(f'"{name}" = ?' for name in values)
        sql = with_placeholders(
            f"UPDATE desk_complaint SET {assignments} WHERE id = ? AND company_id = ?", URL
        )
        try:
            db.execute(sql, (*values.values(), pk, company))
        except (
            db.IntegrityError
        ):  # PostgreSQL checks the foreign key of the assignee; in SQLite such checks are off
            return "400 Bad Request", {"message": "This is not valid."}
    row = db.execute(READ, (pk, company)).fetchone()
    return ("200 OK", document(row)) if row else ("404 Not Found", {"message": "There is nothing here."})


def application(environ, start_response):
    status, content = respond(environ)
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
