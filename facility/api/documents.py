"""The JSON shapes of facility's records, in documented order; what the system does not document comes last."""

from backoffice.api.schema.documents import ENTITY, Document
from backoffice.api.schema.fields import NestedList, Property, Shape, group
from facility.api import examples
from facility.models import Article, Complaint, CustomerObject

COMPLAINT = Document(
    Complaint,
    ENTITY,
    Property("desc", says="What is wrong"),
    Property("roomDescription", says="Where in the building"),
    Property("contactName", says="The name of whoever complained"),
    group("contact", Property("email"), Property("telephone")),
    Property("priority"),
    Property("images", says="Where pictures of it are"),
    Property("userId", "user", says="The user who is to see to it"),
    Property("comment", says="An internal comment: no customer ever sees it"),
    Property("response", says="What the customer is told"),
    Property("customFields", says="Fields of your own"),
    Property("objectId", "object", says="The object it is about"),
    Property("complaintStatus", says="How far the work is"),
    Property("assignedDate", says="When it was assigned to the present user"),
    Property("finishedAt"),
    Property("finishedBy"),
    Property("finishImages", says="Where pictures of the finished work are"),
    Property("tags"),
    slug="complaints",
    example=examples.COMPLAINT,
)

CUSTOMER_OBJECT = Document(
    CustomerObject,
    ENTITY,
    Property("customerId", "customer", says="The customer it belongs to"),
    Property("name"),
    group("contact", Property("phone"), Property("email"), Property("fax")),
    group("contract", Property("startDate"), Property("endDate")),
    Property("objectManagerId", "object_manager", says="The user who is responsible for it"),
    NestedList(
        "material",
        says="What is used up there",
        shape=Shape(
            "Material",
            Property("articleId", "article"),
            Property("budget", says="How much of it is budgeted"),
        ),
    ),
    group("address", Property("street"), Property("zip"), Property("city"), Property("country")),
    group("location", Property("latitude"), Property("longitude")),
    Property("rating", says="The quality, from 0 to 5"),
    Property("description"),
    Property("securityCode", says="What opens the door"),
    Property("key", says="Where the key is, or which"),
    Property("orderDescription", says="What was ordered, and how often"),
    Property("contactName", says="The name of whom to ask for there"),
    Property("invoiceRecipientId", "invoice_recipient", says="The contact who gets the invoices"),
    Property("invoiceCCRecipientIds", "invoice_cc_recipients", says="Contacts who get a copy"),
    Property("serviceRecipient", says="Who receives the service"),
    Property("contactIds", "contacts", says="Contacts, the first first"),
    Property("tags"),
    slug="objects",
    example=examples.CUSTOMER_OBJECT,
)

ARTICLE = Document(
    Article, ENTITY, Property("name"), Property("unit"), slug="articles", example=examples.ARTICLE
)
