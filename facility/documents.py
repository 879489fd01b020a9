"""The JSON shapes of facility's records, in documented order; what the system does not document comes last."""

from backoffice.api.document import ENTITY, Document
from backoffice.api.shapes import Items, Property, Shape, group
from facility import examples
from facility.models import Article, Complaint, CustomerObject

COMPLAINT = Document(
    Complaint,
    ENTITY,
    Property("desc"),
    Property("roomDescription"),
    Property("contactName"),
    group("contact", Property("email"), Property("telephone")),
    Property("priority"),
    Property("images"),
    Property("userId", "user"),
    Property("comment"),
    Property("response"),
    Property("customFields"),
    Property("objectId", "object"),
    Property("complaintStatus"),
    Property("assignedDate"),
    Property("finishedAt"),
    Property("finishedBy"),
    Property("finishImages"),
    Property("tags"),
    slug="complaints",
    example=examples.COMPLAINT,
)

CUSTOMER_OBJECT = Document(
    CustomerObject,
    ENTITY,
    Property("customerId", "customer"),
    Property("name"),
    group("contact", Property("phone"), Property("email"), Property("fax")),
    group("contract", Property("startDate"), Property("endDate")),
    Property("objectManagerId", "object_manager"),
    Items("material", shape=Shape("Material", Property("articleId", "article"), Property("budget"))),
    group("address", Property("street"), Property("zip"), Property("city"), Property("country")),
    group("location", Property("latitude"), Property("longitude")),
    Property("rating"),
    Property("description"),
    Property("securityCode"),
    Property("key"),
    Property("orderDescription"),
    Property("contactName"),
    Property("invoiceRecipientId", "invoice_recipient"),
    Property("invoiceCCRecipientIds", "invoice_cc_recipients"),
    Property("serviceRecipient"),
    Property("contactIds", "contacts"),
    Property("tags"),
    slug="objects",
    example=examples.CUSTOMER_OBJECT,
)

ARTICLE = Document(
    Article, ENTITY, Property("name"), Property("unit"), slug="articles", example=examples.ARTICLE
)
