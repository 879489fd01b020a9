"""JSON documents of companies, users, customers, contacts and API keys, in the style of the facility system,
which documents only that they exist: the properties are our own."""

import json
from pathlib import Path

from backoffice.api.schema import ENTITY, STATUS, Document, Property, ReadOnly, group
from backoffice.people.models import ApiKey, Company, Contact, Customer, User

EXAMPLES = json.loads(Path(__file__).with_name("examples.json").read_text("utf-8"))
"""Examples of documents in responses, for the reference pages."""

ID = ReadOnly("_id", "id", is_fixed=True)
COMPANY_ID = ReadOnly("companyId", "company", is_fixed=True)

COMPANY = Document(
    Company, ID, STATUS, Property("name"), Property("language"), Property("mailCustomers"), slug="companies"
)
"""For exports and imports of a whole installation; no operation uses it."""

USER = Document(
    User,
    ID,
    COMPANY_ID,
    STATUS,
    Property("username"),
    Property("firstName"),
    Property("lastName"),
    Property("email"),
    Property("customerId", "customer"),
    Property("isActive"),
    Property("roles"),
    ReadOnly("lastLogin"),
    Property("isSuperuser"),
    slug="users",
    example=EXAMPLES["user"],
)

CUSTOMER = Document(
    Customer,
    ENTITY,
    Property("name"),
    Property("parentResellerId", "parent_reseller"),
    Property("email"),
    Property("phone"),
    group("address", Property("street"), Property("zip"), Property("city"), Property("country")),
    Property("description"),
    slug="customers",
    example=EXAMPLES["customer"],
)

CONTACT = Document(
    Contact,
    ENTITY,
    Property("customerId", "customer"),
    Property("firstName"),
    Property("lastName"),
    Property("email"),
    Property("phone"),
    Property("role"),
    slug="contacts",
    example=EXAMPLES["contact"],
)

API_KEY = Document(
    ApiKey,
    ID,
    COMPANY_ID,
    STATUS,
    Property("name"),
    Property("ownerId", "owner"),
    Property("prefix"),
    Property("scopes"),
    Property("expiresAt"),
    ReadOnly("lastUsedAt"),
    example=EXAMPLES["api_key"],
)
"""Without the secret, which only the response that creates it contains. API keys are not exported."""
