"""Viewsets and related panels of customers, contacts, users and API keys."""

from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.accounts.invitations import can_be_invited, is_open
from backoffice.directory import canned_answers, filters, mail_templates  # noqa: F401 (register viewsets)
from backoffice.directory import cells as directory_cells
from backoffice.directory.forms import ApiKeyForm, ContactForm, CustomerForm, UserForm
from backoffice.directory.invitations import describe_invitation
from backoffice.directory.open_work import warn_about_open_work
from backoffice.people.models import ApiKey, Contact, Customer, User
from backoffice.records.fields import now
from backoffice.web import cells
from backoffice.web.components import link_to, related_panel
from backoffice.web.page_parts import Action, Panel, register_panel
from backoffice.web.viewsets import ListColumn, ListShortcut, RecordViewSet, register

STAMPS = (
    ListColumn(name="created_at", label=_("Created"), sort=("created_at",), show=cells.instant),
    ListColumn(name="last_modified_at", label=_("Changed"), sort=("last_modified_at",), show=cells.instant),
)
NUMBER = ListColumn(name="number", label=_("No."), sort=("number",), show=cells.number, css="number")
EMAIL = ListColumn(name="email", label=_("E-mail"), sort=("email",), show=cells.email)
PHONE = ListColumn(name="phone", label=_("Phone"), show=cells.phone)


@register
class CustomerViewSet(RecordViewSet):
    model = Customer
    slug = "customers"
    icon = "people"
    new_label = _("New customer")
    order = 40
    filterset_class = filters.CustomerFilters
    form_class = CustomerForm
    default_sort = "name"
    panels_first = True
    prefetch = ("parent_reseller",)
    columns = (
        NUMBER,
        ListColumn(name="name", label=_("Customer"), sort=("name",), show=cells.subject, css="subject"),
        ListColumn(
            name="address",
            label=_("Address"),
            value=Customer.address_line,
            sort=("address_city", "address_street"),
            css="wide minor",
        ),
        EMAIL,
        PHONE,
        ListColumn(
            name="parent_reseller",
            label=_("Reseller"),
            sort=("parent_reseller__name",),
            show=cells.reference,
            css="wide minor",
        ),
    )

    more_columns = STAMPS

    def subtitle(self, record):
        return record.address_line()

    meta = subtitle

    def links(self, record, actor):
        return link_to(record, "parent_reseller", actor)


@register
class ContactViewSet(RecordViewSet):
    model = Contact
    slug = "contacts"
    icon = "person-vcard"
    new_label = _("New contact")
    order = 50
    on_rail = False
    filterset_class = filters.ContactFilters
    form_class = ContactForm
    default_sort = "name"
    prefetch = ("customer",)
    columns = (
        NUMBER,
        ListColumn(
            name="name", label=_("Contact"), value=str, sort=("last_name", "first_name"), show=cells.subject,
            css="subject",
        ),
        ListColumn(name="role", label=_("Role"), sort=("role",), css="minor"),
        ListColumn(
            name="customer", label=_("Customer"), sort=("customer__name",), show=cells.reference, css="wide"
        ),
        EMAIL,
        PHONE,
    )  # fmt: skip

    more_columns = STAMPS

    def subtitle(self, record):
        return str(record.customer or "")

    def meta(self, record):
        return record.role

    def links(self, record, actor):
        return link_to(record, "customer", actor)


@register
class UserViewSet(RecordViewSet):
    model = User
    slug = "users"
    icon = "person-badge"
    new_label = _("New user")
    order = 70
    on_rail = False
    filterset_class = filters.UserFilters
    form_class = UserForm
    default_sort = "username"
    badges = ("is_active",)
    requires_reauthentication = True
    prefetch = ("customer",)
    shortcuts = (
        ListShortcut(label=_("All"), filters={}),
        ListShortcut(label=_("Active"), filters={"active": "yes"}),
        ListShortcut(label=_("Inactive"), filters={"active": "no"}),
    )
    columns = (
        ListColumn(
            name="username", label=_("Username"), sort=("username",), show=cells.subject, css="subject"
        ),
        ListColumn(
            name="name",
            label=_("Name"),
            value=User.get_full_name,
            sort=("first_name", "last_name"),
            css="wide",
        ),
        EMAIL,
        ListColumn(name="roles", label=_("Roles"), show=directory_cells.roles, css="minor"),
        ListColumn(name="customer", label=_("Customer"), show=cells.reference, css="wide minor"),
        ListColumn(
            name="is_active",
            label=pgettext_lazy("account", "Status"),
            sort=("is_active",),
            show=directory_cells.active,
            data=directory_cells.account_state,
        ),
        ListColumn(
            name="last_login", label=_("Last sign-in"), sort=("last_login",), show=cells.instant, css="minor"
        ),
    )

    def subject(self, record):
        return record.username

    def subtitle(self, record):
        return record.get_full_name()

    def actions(self, record, actor):
        if record.protected_reason(actor) or not actor.may("change", record):
            return []
        return [*self._second_factor_actions(record), *self._invitation_actions(record)]

    def _invitation_actions(self, record):
        if not can_be_invited(record):
            return []
        is_again = record.invited_at is not None
        invite = Action(
            name="invite",
            label=_("Send invitation again") if is_again else _("Send invitation"),
            icon="envelope",
            values={"invited_at": now()},
            action="invite",
            success_message=_("The invitation is in the queue. This page shows when it is sent."),
        )
        withdraw = Action(
            name="withdraw-invitation",
            label=_("Withdraw invitation"),
            icon="x-lg",
            values={"invited_at": None},
            action="withdraw_invitation",
            success_message=_("The invitation has been withdrawn: its link does not work any more."),
        )
        return [invite, withdraw] if is_open(record) else [invite]

    def _second_factor_actions(self, record):
        if not record.has_second_factor:
            return []
        return [
            Action(
                name="reset-second-factor",
                label=_("Reset two-factor sign-in"),
                icon="phone",
                values={"totp_secret": "", "recovery_codes": []},  # nosec B105 # empty: none
                action="remove_second_factor",
                success_message=_("Two-factor sign-in has been removed."),
            )
        ]

    def add_messages_after_save(self, request, planned):
        warn_about_open_work(request, planned)

    def prefetch_extra(self, records, actor):
        lists = User.properties["roles"].load([record.pk for record in records])
        for record in records:
            record.roles = lists[record.pk]


@register
class ApiKeyViewSet(RecordViewSet):
    model = ApiKey
    slug = "api-keys"
    icon = "key"
    new_label = _("New API key")
    order = 80
    on_rail = False
    filterset_class = filters.ApiKeyFilters
    requires_reauthentication = True
    form_class = ApiKeyForm
    note_template = "directory/keys_note.html"
    default_sort = "name"
    prefetch = ("owner",)
    columns = (
        ListColumn(name="name", label=_("API key"), sort=("name",), show=cells.subject, css="subject"),
        ListColumn(
            name="prefix",
            label=_("Prefix"),
            show=directory_cells.prefix,
            data=lambda record: f"ck_{record.prefix}_…",
        ),
        ListColumn(
            name="owner", label=_("Owner"), sort=("owner__username",), show=cells.assignee, css="person"
        ),
        ListColumn(name="expires_at", label=_("Expires"), sort=("expires_at",), show=directory_cells.expires),
        ListColumn(name="last_used_at", label=_("Last used"), sort=("last_used_at",), show=cells.instant),
    )

    def response_after_creation(self, request, record):
        """Show the new key, which cannot be read again."""
        response = TemplateResponse(request, "directory/new_key.html", {"kind": self, "record": record})
        response["Cache-Control"] = "no-store"
        return response


@register_panel(User)
def invitation_of_user(record, actor):
    """What became of the invitation of a user who has no password yet."""
    if record.has_usable_password() or not record.can_sign_in or not actor.may("change", record):
        return None
    return Panel(title=_("Invitation"), icon="envelope", items=[], empty=describe_invitation(record))


@register_panel(Customer)
def contacts_of_customer(record, actor):
    """The contacts of a customer."""
    of_customer = {"customer": record.pk}
    return related_panel(
        _("Contacts"), Contact, actor, lookups=of_customer, list_filters=of_customer, initial=of_customer
    )


@register_panel(Customer)
def customers_of_reseller(record, actor):
    """The customers that a reseller has brought, if there are any."""
    brought = {"parent_reseller": record.pk}
    title = _("Reseller's customers")
    panel = related_panel(
        title, Customer, actor, lookups=brought, list_filters={"reseller": record.pk}, initial=brought
    )
    return panel if panel and panel.items else None
