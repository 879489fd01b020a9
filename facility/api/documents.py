"""JSON documents of facility's records. Properties are in documented order; additions of our own come
last."""

import json
from pathlib import Path

from backoffice.api.schema import ENTITY, Document, NestedList, Property, Shape, group, message_list
from facility.models import Article, Complaint, CustomerObject

EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
"""Examples of documents in responses, for the reference pages."""

COMPLAINT = Document(
    Complaint,
    ENTITY,
    Property("desc", description="The problem"),
    Property("roomDescription", description="The room or place in the building"),
    Property("contactName", description="The name of the person who reported it"),
    group("contact", Property("email"), Property("telephone")),
    Property("priority"),
    Property("images", description="URLs of images of the problem"),
    Property("userId", "user", description="The assignee"),
    Property("comment", description="An internal note. Customers never see it"),
    Property("response", description="The reply to the customer"),
    Property("customFields", description="Extra fields; an update replaces the whole object"),
    Property("objectId", "object", description="The object"),
    Property("complaintStatus", description="The state"),
    Property("assignedDate", description="When it was assigned to the current assignee"),
    Property("finishedAt"),
    Property("finishedBy"),
    Property("finishImages", description="URLs of images after completion"),
    Property("tags"),
    slug="complaints",
    example=EXAMPLES["complaint"],
    exported=(message_list("notes"), message_list("answers")),
)

CUSTOMER_OBJECT = Document(
    CustomerObject,
    ENTITY,
    Property("customerId", "customer", description="The customer"),
    Property("name"),
    group("contact", Property("phone"), Property("email"), Property("fax")),
    group("contract", Property("startDate"), Property("endDate")),
    Property("objectManagerId", "object_manager", description="The object manager"),
    NestedList(
        "material",
        description="Material that is used at the object",
        shape=Shape(
            "Material",
            Property("articleId", "article"),
            Property("budget", description="The agreed quantity"),
        ),
    ),
    group("address", Property("street"), Property("zip"), Property("city"), Property("country")),
    group("location", Property("latitude"), Property("longitude")),
    Property("rating", description="The quality rating, from 0 to 5"),
    Property("description"),
    Property("securityCode", description="The door code"),
    Property("key", description="The key, or where it is"),
    Property("orderDescription", description="The ordered service and its frequency"),
    Property("contactName", description="The name of the contact on site"),
    Property("invoiceRecipientId", "invoice_recipient", description="The invoice recipient"),
    Property(
        "invoiceCCRecipientIds", "invoice_cc_recipients", description="The recipients of invoice copies"
    ),
    Property("serviceRecipient", description="The service recipient"),
    Property("contactIds", "contacts", description="The contacts, in order"),
    Property("tags"),
    slug="objects",
    example=EXAMPLES["customer_object"],
)

ARTICLE = Document(
    Article, ENTITY, Property("name"), Property("unit"), slug="articles", example=EXAMPLES["article"]
)
