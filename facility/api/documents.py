"""JSON documents of facility's records. Properties are in documented order; additions of our own come
last."""

from backoffice.api.schema import ENTITY, Document, NestedList, Property, Shape, group
from facility.api import examples
from facility.models import Article, Complaint, CustomerObject

COMPLAINT = Document(
    Complaint,
    ENTITY,
    Property("desc", description="What is wrong"),
    Property("roomDescription", description="Where in the building"),
    Property("contactName", description="The name of whoever complained"),
    group("contact", Property("email"), Property("telephone")),
    Property("priority"),
    Property("images", description="Where pictures of it are"),
    Property("userId", "user", description="The user who is to see to it"),
    Property("comment", description="An internal comment: no customer ever sees it"),
    Property("response", description="What the customer is told"),
    Property("customFields", description="Fields of your own"),
    Property("objectId", "object", description="The object it is about"),
    Property("complaintStatus", description="How far the work is"),
    Property("assignedDate", description="When it was assigned to the present user"),
    Property("finishedAt"),
    Property("finishedBy"),
    Property("finishImages", description="Where pictures of the finished work are"),
    Property("tags"),
    slug="complaints",
    example=examples.COMPLAINT,
)

CUSTOMER_OBJECT = Document(
    CustomerObject,
    ENTITY,
    Property("customerId", "customer", description="The customer it belongs to"),
    Property("name"),
    group("contact", Property("phone"), Property("email"), Property("fax")),
    group("contract", Property("startDate"), Property("endDate")),
    Property("objectManagerId", "object_manager", description="The user who is responsible for it"),
    NestedList(
        "material",
        description="What is used up there",
        shape=Shape(
            "Material",
            Property("articleId", "article"),
            Property("budget", description="How much of it is budgeted"),
        ),
    ),
    group("address", Property("street"), Property("zip"), Property("city"), Property("country")),
    group("location", Property("latitude"), Property("longitude")),
    Property("rating", description="The quality, from 0 to 5"),
    Property("description"),
    Property("securityCode", description="What opens the door"),
    Property("key", description="Where the key is, or which"),
    Property("orderDescription", description="What was ordered, and how often"),
    Property("contactName", description="The name of whom to ask for there"),
    Property("invoiceRecipientId", "invoice_recipient", description="The contact who gets the invoices"),
    Property("invoiceCCRecipientIds", "invoice_cc_recipients", description="Contacts who get a copy"),
    Property("serviceRecipient", description="Who receives the service"),
    Property("contactIds", "contacts", description="Contacts, the first first"),
    Property("tags"),
    slug="objects",
    example=examples.CUSTOMER_OBJECT,
)

ARTICLE = Document(
    Article, ENTITY, Property("name"), Property("unit"), slug="articles", example=examples.ARTICLE
)
