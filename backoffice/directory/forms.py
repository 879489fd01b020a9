"""Forms of customers, contacts, users and API keys."""

from django.contrib.auth.models import Group as Role
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import INTERNAL, FieldGroup
from backoffice.forms.record_form import record_form
from backoffice.people.models import SCOPES, ApiKey, Contact, Customer, User
from backoffice.people.roles import role_label
from backoffice.records.models import ACTIVE


def roles() -> list[tuple[str, str]]:
    """Return all roles as choices."""
    return [(name, role_label(name)) for name in Role.objects.order_by("pk").values_list("name", flat=True)]


CustomerForm = record_form(
    Customer,
    groups=(
        FieldGroup(_("Profile"), "name", "parent_reseller"),
        FieldGroup(_("Contact details"), ("email", "phone"), "address_street", ("address_zip", "address_city"),
              "address_country"),
        FieldGroup(_("Internal"), "description", tone=INTERNAL),
        FieldGroup(_("Administrative"), ("number", "status")),
    ),
)  # fmt: skip

ContactForm = record_form(
    Contact,
    groups=(
        FieldGroup(_("Profile"), ("first_name", "last_name"), "role", "customer"),
        FieldGroup(_("Contact details"), ("email", "phone")),
        FieldGroup(_("Administrative"), ("number", "status")),
    ),
)


class UserForm(
    record_form(
        User,
        groups=(
            FieldGroup(_("Profile"), "username", ("first_name", "last_name"), "email"),
            FieldGroup(_("Permissions"), "is_active", "roles", "customer", "is_superuser"),
            FieldGroup(_("Administrative"), "status"),
        ),
        checkbox_choices={"roles": roles},
    )
):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "roles" in self.fields:
            self.fields["roles"].help_text = _(
                "You can only give roles whose permissions you have. Superusers decide what each role may do."
            )
        if "is_active" in self.fields and self.present.status != ACTIVE:
            self.fields["is_active"].help_text = _("This user is archived, and cannot sign in either way.")
        if self.is_new and "email" in self.fields:
            self.fields["email"].help_text = _(
                "New users have no password. When you have created the user, send an invitation: with its link they "
                "choose one."
            )


class ApiKeyForm(
    record_form(
        ApiKey,
        groups=(
            FieldGroup(_("API key"), "name", "owner"),
            FieldGroup(_("Access"), "scopes", "expires_at"),
            FieldGroup(_("Administrative"), "status"),
        ),
        checkbox_choices={"scopes": list(SCOPES.items())},
    )
):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if status := self.fields.get("status"):
            status.label = capfirst(_("status"))  # a key is revoked, not archived
        if scopes := self.fields.get("scopes"):
            scopes.required = True
            scopes.help_text = _(
                "What the script may read or write. The key can never do more than its owner, whatever you select."
            )
