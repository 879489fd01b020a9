"""JSON documents of companies, users, customers, contacts and API keys, in the style of the facility system,
which documents only that they exist: the properties are our own."""

from backoffice.api.schema import ENTITY, STATUS, Document, Property, ReadOnly, group
from backoffice.directory.api import examples
from backoffice.people.models import ApiKey, Company, Contact, Customer, User

ID = ReadOnly("_id", "id", is_fixed=True)
COMPANY_ID = ReadOnly("companyId", "company", is_fixed=True)

COMPANY = Document(Company, ID, STATUS, Property("name"), Property("language"), slug="companies")
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
    example=examples.USER,
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
    example=examples.CUSTOMER,
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
    example=examples.CONTACT,
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
    example=examples.API_KEY,
)
"""Without the secret, which only the response that creates it contains. API keys are not exported."""
