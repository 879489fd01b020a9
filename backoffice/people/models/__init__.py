"""Companies, users, customers, contacts and API keys."""

from backoffice.people.models.companies import Company, PostalAddress
from backoffice.people.models.customers import Contact, Customer
from backoffice.people.models.keys import SCOPES, ApiKey, KeyState
from backoffice.people.models.users import User

__all__ = ["SCOPES", "ApiKey", "Company", "Contact", "Customer", "KeyState", "PostalAddress", "User"]
