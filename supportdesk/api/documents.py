"""The JSON document of a support case, in documented order."""

import json
from pathlib import Path

from backoffice.api.dialects import TELECOMX
from backoffice.api.schema import Document, NestedList, Property, ReadOnly, Shape, group, message_list
from supportdesk.models import SupportCase

EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
"""Examples of documents in responses, for the reference pages."""

# The documented table names a file's id `id`, its example `_id`.
FILES = NestedList(
    "files",
    shape=Shape(
        "File",
        Property("_id", "id", alias="id"),
        Property("url", description="The URL of the file"),
        Property("type"),
    ),
)

COMMENTS = NestedList(
    "comments",
    shape=Shape(
        "Comment",
        Property("_id", "id"),
        Property("comment"),
        Property("date"),
        Property("customer"),
        Property("customerName"),
        Property("employee"),
        Property("employeeName"),
        Property("isSupport", description="Whether the author belongs to support"),
        FILES,
    ),
)

SUPPORT_CASE = Document(
    SupportCase,
    ReadOnly("_id", "id", is_fixed=True),
    Property("name"),
    Property("description"),
    Property("customer", description="The customer who reported it"),
    Property("customerName"),
    Property("employee", description="The user who reported it"),
    Property("employeeName"),
    Property("solved", description="Whether it is solved"),
    ReadOnly("date", description="When it was reported"),
    ReadOnly(
        "lastUpdated", "last_modified_at", is_version_stamp=True, description="When it was last changed"
    ),
    # The documented spelling is a mistake, but all clients of the system rely on it.
    Property("device", description="The device with the problem", spellings={"CHROMEMAC": "CROMEMAC"}),
    Property("systemVersion", description="The version of the device's system"),
    Property("playMakerVersion", description="The version of the app"),
    group(
        "response",
        Property("author"),
        Property("answer"),
        Property("date"),
        Property("employee"),
        Property("employeeName"),
    ),
    Property(
        "privateInformation",
        description="An internal note for support staff and the user who reported the case",
    ),
    FILES,
    COMMENTS,
    Property("assignee", description="The user at support who handles it"),
    Property("priority"),
    Property("assignedDate", description="When it was assigned to the current assignee"),
    slug="cases",
    example=EXAMPLES["support_case"],
    exported=(message_list("notes"), message_list("answers", Property("sender"))),
    dialect=TELECOMX,
)

NEW_SUPPORT_CASE = Document(
    SupportCase,
    tuple(Property("date") if leaf.path == "date" else leaf for leaf in SUPPORT_CASE.properties),
    example=EXAMPLES["support_case"],
    dialect=TELECOMX,
)
"""The date of a case can be set at creation only."""
