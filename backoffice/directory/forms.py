"""Forms of customers, contacts, users and API keys."""

from django.contrib.auth.models import Group as Role
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import INTERNAL, FieldGroup
from backoffice.forms.record_form import record_form
from backoffice.people.models import SCOPES, ApiKey, Contact, Customer, User
from backoffice.people.roles import role_label


def roles() -> list[tuple[str, str]]:
    """Return all roles as choices."""
    return [(name, role_label(name)) for name in Role.objects.order_by("pk").values_list("name", flat=True)]


CustomerForm = record_form(
    Customer,
    properties=(
        "name", "parent_reseller", "email", "phone", "address_street", "address_zip", "address_city",
        "address_country", "description", "number", "status", "chat_id",
    ),
    groups=(
        FieldGroup(_("Profile"), "name", "parent_reseller"),
        FieldGroup(_("Contact details"), ("email", "phone"), "address_street", ("address_zip", "address_city"),
              "address_country"),
        FieldGroup(_("Internal"), "description", tone=INTERNAL),
        FieldGroup(_("Administrative"), ("number", "status"), "chat_id"),
    ),
)  # fmt: skip

ContactForm = record_form(
    Contact,
    properties=(
        "first_name",
        "last_name",
        "role",
        "customer",
        "email",
        "phone",
        "number",
        "status",
        "chat_id",
    ),
    groups=(
        FieldGroup(_("Profile"), ("first_name", "last_name"), "role", "customer"),
        FieldGroup(_("Contact details"), ("email", "phone")),
        FieldGroup(_("Administrative"), ("number", "status"), "chat_id"),
    ),
)

UserForm = record_form(
    User,
    properties=(
        "username",
        "first_name",
        "last_name",
        "email",
        "is_active",
        "roles",
        "customer",
        "is_superuser",
        "status",
    ),
    groups=(
        FieldGroup(_("Profile"), "username", ("first_name", "last_name"), "email"),
        FieldGroup(_("Permissions"), "is_active", "roles", "customer", "is_superuser"),
        FieldGroup(_("Administrative"), "status"),
    ),
    checkbox_choices={"roles": roles},
)

ApiKeyForm = record_form(
    ApiKey,
    properties=("name", "owner", "scopes", "expires_at", "status"),
    groups=(
        FieldGroup(_("API key"), "name", "owner"),
        FieldGroup(_("Permissions"), "scopes", "expires_at"),
        FieldGroup(_("Administrative"), "status"),
    ),
    checkbox_choices={"scopes": list(SCOPES.items())},
)
