"""Every property of the three documented pages: for each channel a valid value and an invalid one.

The names are transcribed from the pages; `test_every_property` checks the product against them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

PAGES = {
    "complaint": [
        "_id",
        "number",
        "companyId",
        "status.status",
        "status.createdAt",
        "status.createdBy",
        "status.lastModifiedAt",
        "status.lastModifiedBy",
        "chatId",
        "desc",
        "roomDescription",
        "contactName",
        "contact.email",
        "contact.telephone",
        "priority",
        "images",
        "userId",
        "comment",
        "response",
        "customFields",
    ],
    "object": [
        "_id",
        "number",
        "companyId",
        "status.status",
        "status.createdAt",
        "status.createdBy",
        "status.lastModifiedAt",
        "status.lastModifiedBy",
        "chatId",
        "customerId",
        "name",
        "contact.phone",
        "contact.email",
        "contact.fax",
        "contract.startDate",
        "contract.endDate",
        "objectManagerId",
        "material[].articleId",
        "material[].budget",
        "address.street",
        "address.zip",
        "address.city",
        "address.country",
        "location.latitude",
        "location.longitude",
        "rating",
        "description",
        "securityCode",
        "key",
        "orderDescription",
        "contactName",
        "invoiceRecipientId",
        "invoiceCCRecipientIds",
        "serviceRecipient",
        "contactIds",
        "tags",
    ],
    "case": [
        "_id",
        "name",
        "description",
        "customer",
        "customerName",
        "employee",
        "employeeName",
        "solved",
        "date",
        "lastUpdated",
        "device",
        "systemVersion",
        "playMakerVersion",
        "response.author",
        "response.answer",
        "response.date",
        "response.employee",
        "response.employeeName",
        "privateInformation",
        "files[]._id",
        "files[].url",
        "files[].type",
        "comments[]._id",
        "comments[].comment",
        "comments[].date",
        "comments[].customer",
        "comments[].customerName",
        "comments[].employee",
        "comments[].employeeName",
        "comments[].isSupport",
        "comments[].files[]._id",
        "comments[].files[].url",
        "comments[].files[].type",
    ],
}
"""The documented names, by page. (`files[].id` in the table of the third page is `_id` in its example.)"""

KEPT_BY_SERVER = {
    "complaint": [
        "_id",
        "companyId",
        "status.createdAt",
        "status.createdBy",
        "status.lastModifiedAt",
        "status.lastModifiedBy",
    ],
    "object": [
        "_id",
        "companyId",
        "status.createdAt",
        "status.createdBy",
        "status.lastModifiedAt",
        "status.lastModifiedBy",
    ],
    "case": ["_id", "date", "lastUpdated", "files[]._id", "comments[]._id", "comments[].files[]._id"],
}
"""Properties that the server maintains: clients may send them, but they are never written."""


@dataclass(frozen=True)
class Row:
    """One property: `value` over JSON; `control` is its control in the browser form and in admin, `typed` its
    input, `shown` its content afterwards. `bad` is refused everywhere; `bad_typed` is the same as input,
    `message` the model's error. Values may be functions of the world of records."""

    page: str
    path: str
    value: object
    control: str = ""
    typed: object = None
    shown: object = None
    history: str = ""
    bad: object = None
    bad_typed: object = None
    message: str = ""
    also_typed: dict = field(default_factory=dict)
    """Input for other controls that is needed with it."""
    covered: bool = False
    """A secret: its control never shows the value."""

    @property
    def id(self):
        return f"{self.page}-{self.path}"


def resolve(value: object, world) -> object:
    """Return the value, called with the world if it is a function."""
    return value(world) if isinstance(value, Callable) else value


NO_MAIL = "Enter a valid email address."
NO_ID = "There is no %s with this id."
LONG = "x" * 256
TOO_LONG = "Ensure this value has at most 255 characters (it has 256)."
UNKNOWN_ID = "f" * 24
NO_URI = "Enter a valid URI"


def row(page, path, value, control, **rest):
    """Return a row whose control shows the sent value by default."""
    rest.setdefault("typed", value)
    rest.setdefault("shown", rest["typed"])
    if "bad" in rest:
        rest.setdefault("bad_typed", rest["bad"])
    rest.setdefault("history", control.split("-")[0])
    return Row(page, path, value, control, **rest)


def text_row(page, path, control, value="Ny tekst æøå", **rest):
    """Return a row for a line of text: too long a value is refused."""
    rest.setdefault("bad", LONG)
    rest.setdefault("message", TOO_LONG)
    return row(page, path, value, control, **rest)


def reference_row(page, path, control, value, kind, **rest):
    """Return a row for a link to another record: a missing record is refused."""
    return row(page, path, value, control, bad=UNKNOWN_ID, message=NO_ID % kind, **rest)


def entity_rows(page):
    """Return the rows that every PlanD entity has."""
    return [
        row(page, "number", 4711, "number", typed="4711", bad=0, bad_typed="0",
            message="Ensure this value is greater than or equal to 1."),
        row(page, "status.status", 2, "status", typed="2", bad=2**31, bad_typed=str(2**31),
            message="Ensure this value is less than or equal to 2147483647."),
        row(page, "chatId", "5" * 24, "chat_id", bad="chat", message="“chat” is not an id of 24 hexadecimal digits."),
    ]  # fmt: skip


COMPLAINT = [
    *entity_rows("complaint"),
    row("complaint", "desc", "Lyset er gået\r\nigen", "desc", bad="", message="This field cannot be blank."),
    text_row("complaint", "roomDescription", "room_description"),
    text_row("complaint", "contactName", "contact_name"),
    row("complaint", "contact.email", "hans@example.dk", "contact_email", bad="hans", message=NO_MAIL),
    text_row("complaint", "contact.telephone", "contact_telephone", "+45 88 88 99 77"),
    row("complaint", "priority", 3, "priority", typed="3", bad=5, bad_typed="5",
        message="Ensure this value is less than or equal to 4."),
    row("complaint", "images", ["https://example.com/1.jpg"], "images-0-value", typed="https://example.com/1.jpg",
        history="images", bad=["no uri"], bad_typed="no uri", message=NO_URI),
    reference_row("complaint", "userId", "user", lambda world: world.alice.pk, "user"),
    row("complaint", "comment", "Kun til os", "comment"),
    row("complaint", "response", "Tak for beskeden", "response"),
    row("complaint", "customFields", {"floor": "3"}, "custom_fields-0-value", typed="3", history="custom_fields",
        also_typed={"custom_fields-0-name": "floor"}),
]  # fmt: skip

OBJECT = [
    *entity_rows("object"),
    reference_row("object", "customerId", "customer", lambda world: world.reseller.pk, "customer"),
    text_row("object", "name", "name"),
    text_row("object", "contact.phone", "contact_phone", "+41 44 123 45 67"),
    row("object", "contact.email", "abwart@example.ch", "contact_email", bad="abwart@", message=NO_MAIL),
    text_row("object", "contact.fax", "contact_fax"),
    row("object", "contract.startDate", "2026-02-28T23:00:00Z", "contract_start_date", typed="2026-03-01",
        shown="1 Mar 2026"),
    row("object", "contract.endDate", "2027-03-01T22:59:59.999Z", "contract_end_date", typed="1.3.2027",
        shown="1 Mar 2027", bad="2019-12-31T23:00:00Z", bad_typed="2020-01-01", message="Enter a contract end that is not before the contract start."),
    reference_row("object", "objectManagerId", "object_manager", lambda world: world.alice.pk, "user"),
    reference_row("object", "material[].articleId", "material-0-article", lambda world: world.other_article.pk, "article",
              history="material"),
    row("object", "material[].budget", 12.5, "material-0-budget", typed="12.5", history="material"),
    text_row("object", "address.street", "address_street", "Bahnhofstrasse 1"),
    row("object", "address.zip", "8001", "address_zip", bad="9" * 21,
        message="Ensure this value has at most 20 characters (it has 21)."),
    text_row("object", "address.city", "address_city", "Zürich"),
    text_row("object", "address.country", "address_country", "Schweiz"),
    row("object", "location.latitude", 47.25, "location_latitude", typed="47.25", bad=90.5, bad_typed="90.5",
        message="Ensure this value is less than or equal to 90."),
    row("object", "location.longitude", -8.5, "location_longitude", typed="-8.5", bad=-181, bad_typed="-181",
        message="Ensure this value is greater than or equal to -180."),
    row("object", "rating", 2.5, "rating", typed="2.5", bad=5.5, bad_typed="5.5",
        message="Ensure this value is less than or equal to 5."),
    row("object", "description", "Baghuset", "description"),
    row("object", "securityCode", "0042", "security_code", covered=True),
    row("object", "key", {"box": 3}, "key", typed='{"box": 3}', covered=True),
    row("object", "orderDescription", "Hver tirsdag", "order_description"),
    text_row("object", "contactName", "contact_name"),
    reference_row("object", "invoiceRecipientId", "invoice_recipient", lambda world: world.contact.pk, "contact"),
    row("object", "invoiceCCRecipientIds", lambda world: [world.contact.pk], "invoice_cc_recipients-0-contact",
        typed=lambda world: world.contact.pk, history="invoice_cc_recipients", bad=[UNKNOWN_ID], bad_typed=UNKNOWN_ID,
        message=NO_ID % "contact"),
    text_row("object", "serviceRecipient", "service_recipient"),
    row("object", "contactIds", lambda world: [world.contact.pk], "contacts-0-contact",
        typed=lambda world: world.contact.pk, history="contacts", bad=[UNKNOWN_ID], bad_typed=UNKNOWN_ID,
        message=NO_ID % "contact"),
    row("object", "tags", ["skole"], "tags-0-text", typed="skole", history="tags", bad=["x" * 101],
        bad_typed="x" * 101, message="Ensure this value has at most 100 characters (it has 101)."),
]  # fmt: skip

CASE = [
    text_row("case", "name", "name"),
    row("case", "description", "Kommer der støtte?", "description"),
    reference_row("case", "customer", "customer", lambda world: world.reseller.pk, "customer"),
    text_row("case", "customerName", "customer_name"),
    reference_row("case", "employee", "employee", lambda world: world.alice.pk, "user"),
    text_row("case", "employeeName", "employee_name"),
    row("case", "solved", True, "solved", typed="on", shown="on"),
    row("case", "device", "CROMEMAC", "device", bad="TOASTER", message="Value 'TOASTER' is not a valid choice."),
    text_row("case", "systemVersion", "system_version", "1.03"),
    text_row("case", "playMakerVersion", "play_maker_version", "1.23a"),
    text_row("case", "response.author", "response_author", "Teamet"),
    row("case", "response.answer", "Prøv igen", "response_answer"),
    row("case", "response.date", "2026-03-01T08:00:00.000Z", "response_date", typed="2026-03-01T09:00",
        shown="1 Mar 2026, 09:00"),
    reference_row("case", "response.employee", "response_employee", lambda world: world.alice.pk, "user"),
    text_row("case", "response.employeeName", "response_employee_name"),
    row("case", "privateInformation", "Ring til +45 8888 9977", "private_information"),
    row("case", "files[].url", "https://image.example.dk/2.jpeg", "files-0-url", history="files", bad="no uri",
        message=NO_URI),
    row("case", "files[].type", "DOC", "files-0-type", history="files", bad="MOVIE",
        message="Value 'MOVIE' is not a valid choice."),
    row("case", "comments[].comment", "Det virker nu", "comments-0-comment", history="comments", bad="",
        message="This field cannot be blank."),
    row("case", "comments[].date", "2026-03-01T08:00:00.000Z", "comments-0-date", typed="2026-03-01T09:00",
        shown="1 Mar 2026, 09:00", history="comments"),
    reference_row("case", "comments[].customer", "comments-0-customer", lambda world: world.reseller.pk, "customer",
              history="comments"),
    text_row("case", "comments[].customerName", "comments-0-customer_name", history="comments"),
    reference_row("case", "comments[].employee", "comments-0-employee", lambda world: world.alice.pk, "user",
              history="comments"),
    text_row("case", "comments[].employeeName", "comments-0-employee_name", history="comments"),
    row("case", "comments[].isSupport", False, "comments-0-is_support", typed="false", history="comments"),
    row("case", "comments[].files[].url", "https://image.example.dk/3.jpeg", "comments-0-files-0-url",
        history="comments", bad="no uri", message=NO_URI),
    row("case", "comments[].files[].type", "DOC", "comments-0-files-0-type", history="comments", bad="MOVIE",
        message="Value 'MOVIE' is not a valid choice."),
]  # fmt: skip

ROWS = [*COMPLAINT, *OBJECT, *CASE]
