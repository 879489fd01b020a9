"""How customers, contacts, users and API keys are shown in the browser."""

from django.utils.translation import gettext_lazy as _

from backoffice.directory import filters
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.web.kinds import Column, Kind, Shortcut, register


@register
class Customers(Kind):
    model = Customer
    slug = "customers"
    icon = "people"
    order = 40
    filterset_class = filters.CustomerFilters
    default_sort = "name"
    prefetch = ("parent_reseller",)
    columns = (
        Column("number", _("No."), sort=("number",), template="web/cells/number.html", css="number"),
        Column("name", _("Customer"), sort=("name",), template="web/cells/subject.html", css="subject"),
        Column(
            "address",
            _("Address"),
            value=Customer.address_line,
            sort=("address_city", "address_street"),
            css="wide minor",
        ),
        Column("email", _("E-mail"), sort=("email",), template="web/cells/email.html"),
        Column("phone", _("Telephone"), template="web/cells/phone.html"),
        Column(
            "parent_reseller",
            _("Reseller"),
            sort=("parent_reseller__name",),
            template="web/cells/reference.html",
            css="wide minor",
        ),
    )

    def subtitle(self, record):
        return record.address_line()


@register
class Contacts(Kind):
    model = Contact
    slug = "contacts"
    icon = "person-vcard"
    order = 50
    on_rail = False
    filterset_class = filters.ContactFilters
    default_sort = "name"
    prefetch = ("customer",)
    columns = (
        Column("number", _("No."), sort=("number",), template="web/cells/number.html", css="number"),
        Column(
            "name", _("Contact"), value=str, sort=("last_name", "first_name"), template="web/cells/subject.html",
            css="subject",
        ),
        Column("role", _("Role"), sort=("role",), css="minor"),
        Column(
            "customer", _("Customer"), sort=("customer__name",), template="web/cells/reference.html", css="wide"
        ),
        Column("email", _("E-mail"), sort=("email",), template="web/cells/email.html"),
        Column("phone", _("Telephone"), template="web/cells/phone.html"),
    )  # fmt: skip

    def subtitle(self, record):
        return str(record.customer or "")


@register
class Users(Kind):
    model = User
    slug = "users"
    icon = "person-badge"
    order = 70
    on_rail = False
    filterset_class = filters.UserFilters
    default_sort = "username"
    prefetch = ("customer",)
    shortcuts = (
        Shortcut(_("All"), {}),
        Shortcut(_("Active"), {"active": "yes"}),
        Shortcut(_("Switched off"), {"active": "no"}),
    )
    columns = (
        Column(
            "username", _("Username"), sort=("username",), template="web/cells/subject.html", css="subject"
        ),
        Column("name", _("Name"), value=User.get_full_name, sort=("first_name", "last_name"), css="wide"),
        Column("email", _("E-mail"), sort=("email",), template="web/cells/email.html"),
        Column("roles", _("Roles"), template="directory/cells/roles.html", css="minor"),
        Column("customer", _("Customer"), template="web/cells/reference.html", css="wide minor"),
        Column("is_active", _("Sign-in"), sort=("is_active",), template="directory/cells/active.html"),
        Column(
            "last_login", _("Last sign-in"), sort=("last_login",), template="web/cells/when.html", css="minor"
        ),
    )

    def subject(self, record):
        return record.username

    def subtitle(self, record):
        return record.get_full_name()

    def prepare(self, records, actor):
        lists = User.properties["roles"].load([record.pk for record in records])
        for record in records:
            record.roles = lists[record.pk]


@register
class ApiKeys(Kind):
    model = ApiKey
    slug = "api-keys"
    icon = "key"
    order = 80
    on_rail = False
    filterset_class = filters.ApiKeyFilters
    default_sort = "name"
    prefetch = ("owner",)
    columns = (
        Column("name", _("API key"), sort=("name",), template="web/cells/subject.html", css="subject"),
        Column("prefix", _("Begins with"), template="directory/cells/prefix.html"),
        Column("owner", _("Owner"), sort=("owner__username",), template="web/cells/person.html"),
        Column("expires_at", _("Expires"), sort=("expires_at",), template="directory/cells/expires.html"),
        Column("last_used_at", _("Last used"), sort=("last_used_at",), template="web/cells/when.html"),
    )
