"""Every property of the three documented pages: for each channel a valid value and an invalid one.

`test_every_property` checks the product against them, and `test_conformance` checks them against the pages.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from scripts.documented_pages import FILES, read_page

PAGES = {page: read_page(page) for page in FILES}

CHANNELS = ("browser", "admin", "json", "import")
STEPS = ("accepts", "refuses", "sets", "shows")
"""What is tested of each property on each channel."""

KEPT = "kept by the server"
NO_INVALID_INPUT = "the control offers valid values only"
HIDDEN = "hidden until a user reveals it"
IN_FORMS = [
    f"{channel} {step}" for channel in ("browser", "admin") for step in ("accepts", "refuses", "sets")
]
UNSHOWN = {"browser shows": "each user has one company", "admin shows": "each user has one company"}
IN_THREAD = dict.fromkeys(
    [step for step in (*IN_FORMS, *UNSHOWN) if step.startswith("browser")],
    "in the conversation, not in a form",
)


@dataclass(frozen=True)
class Row:
    """One property: `value` over JSON; `control` is its control in the browser form and in admin, `typed` its
    input, `shown` its content afterwards. `bad` is refused everywhere; `bad_typed` is the same as input,
    `message` the model's error. Values may be functions of the world of records.

    `deviations` has the reasons for the steps that a channel does not have: `{"browser refuses": "…"}`.
    """

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
    form_message: str = ""
    """The error in forms, if their control has its own."""
    upload: str = ""
    """In the browser: the upload field, if the value is the address or the type of a file."""
    deviations: dict[str, str] = field(default_factory=dict)
    remark: str = ""
    """Where the product differs from the documented name or type."""

    @property
    def id(self):
        return f"{self.page}-{self.path}"

    def has(self, channel: str, step: str) -> bool:
        return f"{channel} {step}" not in self.deviations


def rows_of(page: str, channel: str, step: str) -> list[Row]:
    """Return a page's rows that clients write, if the channel has the step."""
    return [row for row in ROWS if row.page == page and row.has(channel, step)]


def expected_steps(row: Row) -> dict[str, list[str]]:
    """Return the steps that tests prove, by channel."""
    documented = PAGES[row.page].by_path[row.path]
    steps = {channel: [step for step in STEPS if row.has(channel, step)] for channel in CHANNELS}
    steps["json"] += ["limits"] * bool(documented.limits) + ["choices"] * bool(documented.choices)
    return steps


def resolve(value: object, world) -> object:
    """Return the value, called with the world if it is a function."""
    return value(world) if isinstance(value, Callable) else value


NO_MAIL = "Enter a valid email address."
NO_ID = "There is no %s with this id."
LONG = "x" * 256
TOO_LONG = "Ensure this value has at most 255 characters (it has 256)."
UNKNOWN_ID = "f" * 24
NO_URI = "Enter a valid URI"
NO_CHOICE = "Value '%s' is not a valid choice."
NO_IMAGE = "This is not an image"
NO_FILE = "This is neither an image"
NUL = {"bad": "a\0b", "message": "Null characters are not allowed."}
"""The only invalid text, where the length has no limit."""
NO_DATE = {"bad": "yesterday", "message": "Enter a date and time with its zone, such as 2023-11-07T05:31:56Z.",
           "form_message": "Enter a date, such as 31 Dec 2026."}  # fmt: skip
NO_BOOLEAN = {"bad": "yes", "message": "This must be true or false.",
              "deviations": dict.fromkeys(["browser refuses", "admin refuses"], NO_INVALID_INPUT)}  # fmt: skip
NAME_NOT_ID = "but the example has a name: the product takes text"
SECRET = dict.fromkeys(["browser shows", "admin shows"], HIDDEN)


def row(page, path, value, control, **rest):
    """Return a row whose control shows the sent value by default."""
    rest.setdefault("typed", value)
    rest.setdefault("shown", rest["typed"])
    if "bad" in rest:
        rest.setdefault("bad_typed", rest["bad"])
    rest.setdefault("history", control.split("-")[0])
    rest.setdefault("form_message", rest.get("message", ""))
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
        row(page, "chatId", "5" * 24, "chat_id", bad="chat",
            message="“chat” is not an id of 24 hexadecimal digits.",
            deviations=dict.fromkeys([*IN_FORMS, *UNSHOWN], "only other systems set it")),
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
        history="images", bad=["no uri"], bad_typed="no uri", message=NO_URI, upload="images"),
    reference_row("complaint", "userId", "user", lambda world: world.alice.pk, "user"),
    row("complaint", "comment", "Kun til os", "comment", **NUL, deviations=IN_THREAD),
    row("complaint", "response", "Tak for beskeden", "response", **NUL, deviations=IN_THREAD),
    row("complaint", "customFields", {"floor": "3"}, "custom_fields-0-value", typed="3", history="custom_fields",
        also_typed={"custom_fields-0-name": "floor"}, bad=[], bad_typed="3", message="This must be an object.",
        form_message="Enter a name."),
]  # fmt: skip

OBJECT = [
    *entity_rows("object"),
    reference_row("object", "customerId", "customer", lambda world: world.reseller.pk, "customer"),
    text_row("object", "name", "name"),
    text_row("object", "contact.phone", "contact_phone", "+41 44 123 45 67"),
    row("object", "contact.email", "abwart@example.ch", "contact_email", bad="abwart@", message=NO_MAIL),
    text_row("object", "contact.fax", "contact_fax"),
    row("object", "contract.startDate", "2026-02-28T23:00:00Z", "contract_start_date", typed="2026-03-01",
        shown="1 Mar 2026", **NO_DATE),
    row("object", "contract.endDate", "2027-03-01T22:59:59.999Z", "contract_end_date", typed="1.3.2027",
        shown="1 Mar 2027", bad="2019-12-31T23:00:00Z", bad_typed="2020-01-01",
        message="Enter a contract end that is not before the contract start."),
    reference_row("object", "objectManagerId", "object_manager", lambda world: world.alice.pk, "user"),
    reference_row("object", "material[].articleId", "material-0-article", lambda world: world.other_article.pk,
                  "article", history="material"),
    row("object", "material[].budget", 12.5, "material-0-budget", typed="12.5", history="material", bad="x",
        message="This must be a number.", form_message="Enter a number, such as 2.5."),
    text_row("object", "address.street", "address_street", "Bahnhofstrasse 1"),
    row("object", "address.zip", "8001", "address_zip", bad="9" * 21,
        message="Ensure this value has at most 20 characters (it has 21)."),
    text_row("object", "address.city", "address_city", "Zürich"),
    text_row("object", "address.country", "address_country", "Schweiz"),
    row("object", "location.latitude", 47.25, "location_latitude", typed="47.25", bad=90.5, bad_typed="90.5",
        remark="no range: the product takes −90 to 90",
        message="Ensure this value is less than or equal to 90."),
    row("object", "location.longitude", -8.5, "location_longitude", typed="-8.5", bad=-181, bad_typed="-181",
        remark="no range: the product takes −180 to 180",
        message="Ensure this value is greater than or equal to -180."),
    row("object", "rating", 2.5, "rating", typed="2.5", bad=5.5, bad_typed="5.5",
        message="Ensure this value is less than or equal to 5."),
    row("object", "description", "Baghuset", "description", **NUL),
    row("object", "securityCode", "0042", "security_code", deviations=SECRET, **NUL),
    row("object", "key", {"box": 3}, "key", typed='{"box": 3}', deviations=SECRET, **NUL),
    row("object", "orderDescription", "Hver tirsdag", "order_description", **NUL),
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
    row("case", "description", "Kommer der støtte?", "description", **NUL),
    reference_row("case", "customer", "customer", lambda world: world.reseller.pk, "customer"),
    text_row("case", "customerName", "customer_name"),
    reference_row("case", "employee", "employee", lambda world: world.alice.pk, "user"),
    text_row("case", "employeeName", "employee_name", remark=NAME_NOT_ID),
    row("case", "solved", True, "solved", typed="on", shown="on", **NO_BOOLEAN),
    row("case", "device", "CROMEMAC", "device", remark="`CHROMEMAC` is taken too",
        bad="TOASTER", message=NO_CHOICE % "TOASTER"),
    text_row("case", "systemVersion", "system_version", "1.03"),
    text_row("case", "playMakerVersion", "play_maker_version", "1.23a"),
    text_row("case", "response.author", "response_author", "Teamet"),
    row("case", "response.answer", "Prøv igen", "response_answer", **NUL, deviations=IN_THREAD),
    row("case", "response.date", "2026-03-01T08:00:00.000Z", "response_date", typed="2026-03-01T09:00",
        shown="1 Mar 2026, 09:00", **NO_DATE),
    reference_row("case", "response.employee", "response_employee", lambda world: world.alice.pk, "user"),
    text_row("case", "response.employeeName", "response_employee_name"),
    row("case", "privateInformation", "Ring til +45 8888 9977", "private_information", **NUL, deviations=IN_THREAD),
    row("case", "files[].url", "https://image.example.dk/2.jpeg", "files-0-url", history="files", bad="no uri",
        message=NO_URI, upload="files"),
    row("case", "files[].type", "DOC", "files-0-type", history="files", bad="MOVIE",
        message=NO_CHOICE % "MOVIE", upload="files"),
    row("case", "comments[].comment", "Det virker nu", "comments-0-comment", history="comments", bad="",
        message="This field cannot be blank.", deviations=IN_THREAD),
    row("case", "comments[].date", "2026-03-01T08:00:00.000Z", "comments-0-date", typed="2026-03-01T09:00",
        shown="1 Mar 2026, 09:00", history="comments", **NO_DATE, deviations=IN_THREAD),
    reference_row("case", "comments[].customer", "comments-0-customer", lambda world: world.reseller.pk, "customer",
              history="comments", deviations=IN_THREAD),
    text_row("case", "comments[].customerName", "comments-0-customer_name", history="comments",
             remark=NAME_NOT_ID, deviations=IN_THREAD),
    reference_row("case", "comments[].employee", "comments-0-employee", lambda world: world.alice.pk, "user",
              history="comments", deviations=IN_THREAD),
    text_row("case", "comments[].employeeName", "comments-0-employee_name", history="comments", deviations=IN_THREAD),
    row("case", "comments[].isSupport", False, "comments-0-is_support", typed="false", history="comments",
        **NO_BOOLEAN | {"deviations": NO_BOOLEAN.get("deviations", {}) | IN_THREAD}),
    row("case", "comments[].files[].url", "https://image.example.dk/3.jpeg", "comments-0-files-0-url",
        history="comments", bad="no uri", message=NO_URI, upload="comments"),
    row("case", "comments[].files[].type", "DOC", "comments-0-files-0-type", history="comments", bad="MOVIE",
        message=NO_CHOICE % "MOVIE", upload="comments"),
]  # fmt: skip

ROWS = [*COMPLAINT, *OBJECT, *CASE]
"""Properties that clients write."""

SHOWN_AS_ELEMENT = dict.fromkeys(UNSHOWN, "the element is shown, not its id")
EITHER_NAME = "both names are taken and returned"
IGNORED = {"json refuses": "any value is ignored"}
UNREADABLE = "29.11.2026 16:05"


def kept_row(page, path, bad="x", deviations=None, remark=""):
    """Return a row for a property that the server maintains: clients may send it, but it is never written by an
    update. (An import of a new record sets it.) `bad` is refused."""
    own = dict.fromkeys([*IN_FORMS, "json sets"], KEPT)
    return Row(page, path, value=None, bad=bad, deviations=own | (deviations or {}), remark=remark)


KEPT_ROWS = [
    row
    for page in ("complaint", "object")
    for row in (
        kept_row(page, "_id"),
        kept_row(page, "companyId", deviations=UNSHOWN),
        kept_row(page, "status.createdAt", deviations=IGNORED),
        kept_row(page, "status.createdBy", deviations=IGNORED),
        kept_row(page, "status.lastModifiedAt", bad=UNREADABLE),
        kept_row(page, "status.lastModifiedBy", deviations=IGNORED),
    )
] + [
    kept_row("case", "_id"),
    kept_row("case", "date", deviations=IGNORED),
    kept_row("case", "lastUpdated", bad=UNREADABLE),
    kept_row("case", "files[]._id", deviations=SHOWN_AS_ELEMENT, remark=EITHER_NAME),
    kept_row("case", "comments[]._id", deviations=SHOWN_AS_ELEMENT),
    kept_row("case", "comments[].files[]._id", deviations=SHOWN_AS_ELEMENT, remark=EITHER_NAME),
]

OUTCOMES = {
    outcome: {"facility": facility, "case": case}
    for outcome, facility, case in (
        ("a valid update", "200", "200"),
        ("a body that is not JSON", "400", "400 bad_request"),
        ("an invalid value", "400", "422 device"),
        ("an unknown property", "400", "422 colour"),
        ("no API key", "401", "403 access_denied"),
        ("the owner of the key lacks the right", "403", "403 access_denied"),
        ("an unknown id", "404", "404 not_found"),
        ("a record of another company", "404", "404 not_found"),
        ("another method", "405", "405 method_not_allowed"),
        ("a change of the same property by another request", "409", "409 conflict"),
        ("`If-Match` with an earlier version", "412", "412 precondition_failed"),
        ("a body over 1 MiB", "413", "413 payload_too_large"),
        ("too many requests", "429", "429 too_many_requests"),
        ("an unexpected error", "500", "500 internal_error"),
        ("the database is not reachable", "503", "503 service_unavailable"),
    )
}
"""The status of each outcome, and the message of the support desk. `test_documented_statuses` has the requests."""
