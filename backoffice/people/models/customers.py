from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.people.models.companies import PostalAddress
from backoffice.records.fields import INVISIBLE, EmailLineField, LineField, ParagraphField, is_visible
from backoffice.records.models import ARCHIVED, REDACTED, Record, list_indexes
from backoffice.records.properties import guard_field, require_change_permission
from backoffice.records.visibility import EntityQuerySet


class CustomerQuerySet(EntityQuerySet):
    def restrict_for(self, actor):
        """Restrict the users of a reseller to their own customer and its resold customers."""
        if not actor.customer_id:
            return self
        return self.filter(models.Q(parent_reseller_id=actor.customer_id) | models.Q(pk=actor.customer_id))


class Customer(PostalAddress, Record):
    """The owner of objects and the source of support cases. A reseller is a customer that other customers
    name as `parent_reseller`."""

    name = LineField(_("name"), sortable=True)
    parent_reseller = require_change_permission(
        models.ForeignKey(
            "self",
            models.PROTECT,
            null=True,
            blank=True,
            related_name="resold",
            db_index=False,
            verbose_name=_("reseller"),
            help_text=_(
                "The customer who is this customer's reseller. The reseller's users can "
                "see this customer's cases."
            ),
        ),
        "people.change_user",
    )
    """Decides who sees a customer's records, so changing it takes a permission over users, or one that an app adds."""
    email = EmailLineField(_("e-mail"), blank=True, sortable=True)
    phone = LineField(_("phone"), blank=True, sortable=True)
    description = guard_field(ParagraphField(_("notes"), blank=True))

    objects = CustomerQuerySet.as_manager()
    name_columns = ("number", "name")
    searched_properties = (
        "number",
        "name",
        "email",
        "phone",
        "address_street",
        "address_zip",
        "address_city",
    )
    telephone_properties = ("phone",)
    personal_properties = (
        "name", "email", "phone", "address_street", "address_zip", "address_city", "address_country", "description",
    )  # fmt: skip
    identifying_properties = ("name", "email", "phone")

    class Meta(Record.Meta):
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name_sort", "id"]
        indexes = [
            *Record.Meta.indexes,
            *list_indexes("customer_reseller", "parent_reseller", "company", order=("name_sort",)),
            models.Index(fields=["company", "name_sort"], name="customer_name"),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        super().clean()
        if self.parent_reseller_id and self.parent_reseller_id == self.pk:
            raise ValidationError({"parent_reseller": _("A customer cannot be its own reseller.")})

    def compute_derived(self, planned):
        """Assign customers that a reseller's users create to that reseller."""
        if (
            planned.before is None
            and "parent_reseller" not in planned.edited_properties
            and planned.actor.user_id
        ):
            self.parent_reseller_id = planned.actor.customer_id

    def validate_change(self, planned):
        """Refuse changes of the reseller by external users: they can neither give other customers to see nor
        take them away."""
        own = planned.actor.customer_id if planned.actor.user_id else None
        before = planned.before.parent_reseller_id if planned.before else own
        if own is None or self.parent_reseller_id == before:
            return {}
        message = _("Only the company's own staff can change the reseller.")
        return {"parent_reseller": [ValidationError(message, code="not_allowed")]}

    def deletion_problem(self):
        if self.status == ARCHIVED:
            return ""
        return str(_("Archive the customer before you delete it."))

    def redaction_values(self):
        return {"name": f"{REDACTED}-{self.pk}"}


class Contact(Record):
    """A person at a customer, or any other person to call."""

    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        db_index=False,
        verbose_name=_("customer"),
    )
    first_name = LineField(_("first name"), blank=True, sortable=True)
    last_name = LineField(_("last name"), blank=True, sortable=True)
    email = EmailLineField(_("e-mail"), blank=True, sortable=True)
    phone = LineField(_("phone"), blank=True, sortable=True)
    role = LineField(_("role"), blank=True, sortable=True)

    name_columns = ("number", "first_name", "last_name", "email")
    searched_properties = ("number", "first_name", "last_name", "email", "phone", "role")
    telephone_properties = ("phone",)
    personal_properties = ("first_name", "last_name", "email", "phone", "role")
    identifying_properties = ("email", "phone")

    class Meta(Record.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["last_name_sort", "first_name_sort", "id"]
        indexes = [
            *Record.Meta.indexes,
            *list_indexes(
                "contact_customer", "customer", "company", order=("last_name_sort", "first_name_sort")
            ),
            models.Index(fields=["company", "last_name_sort", "first_name_sort"], name="contact_name"),
        ]

    def __str__(self):
        return f"{self.first_name} {self.last_name}".strip() or self.email or f"#{self.number}"

    def clean(self):
        super().clean()
        if not (self.first_name and self.last_name) and not self.email:
            message = _("Enter a first and a last name, or an e-mail address.")
            raise ValidationError({"email": ValidationError(message, code="required")})

    def validate_change(self, planned):
        """Require visible characters in the name. (Older contacts stay as they are.)"""
        if not any(map(planned.changed, ("first_name", "last_name", "email"))) or self.email:
            return {}
        if not (self.first_name and self.last_name):
            return {}  # `clean` refuses it
        has_visible_name = is_visible(self.first_name) and is_visible(self.last_name)
        message = _("Enter a first and a last name, or an e-mail address.")
        return {} if has_visible_name else {"email": [ValidationError(message, code=INVISIBLE)]}

    def redaction_values(self):
        """Fill both names, which a contact has to have."""
        return {"first_name": REDACTED, "last_name": self.pk}
