"""How customers, contacts, users and API keys are edited."""

from django.contrib.auth.models import Group as Role
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import INTERNAL, Group
from backoffice.forms.record_form import record_form
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.people.models.keys import SCOPES
from backoffice.people.roles import role_in_words


def roles() -> list[tuple[str, str]]:
    """The roles there are to give."""
    return [
        (name, role_in_words(name)) for name in Role.objects.order_by("pk").values_list("name", flat=True)
    ]


CustomerForm = record_form(
    Customer,
    properties=(
        "name", "parent_reseller", "email", "phone", "address_street", "address_zip", "address_city",
        "address_country", "description", "number", "status", "chat_id",
    ),
    groups=(
        Group(_("Who it is"), "name", "parent_reseller"),
        Group(_("How to reach them"), ("email", "phone"), "address_street", ("address_zip", "address_city"),
              "address_country"),
        Group(_("Internal"), "description", tone=INTERNAL),
        Group(_("More"), ("number", "status"), "chat_id"),
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
        Group(_("Who it is"), ("first_name", "last_name"), "role", "customer"),
        Group(_("How to reach them"), ("email", "phone")),
        Group(_("More"), ("number", "status"), "chat_id"),
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
        Group(_("Who it is"), "username", ("first_name", "last_name"), "email"),
        Group(_("What they may do"), "is_active", "roles", "customer", "is_superuser"),
        Group(_("More"), "status"),
    ),
    ticks_of={"roles": roles},
)

ApiKeyForm = record_form(
    ApiKey,
    properties=("name", "owner", "scopes", "expires_at", "status"),
    groups=(
        Group(_("The key"), "name", "owner"),
        Group(_("What it may do"), "scopes", "expires_at"),
        Group(_("More"), "status"),
    ),
    ticks_of={"scopes": list(SCOPES.items())},
)
