"""Forms of complaints, objects and articles, with their properties in groups."""

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER, INTERNAL, FieldGroup
from backoffice.forms.record_form import record_form
from facility.models import Article, Complaint, CustomerObject

ComplaintForm = record_form(
    Complaint,
    groups=(
        FieldGroup(_("Problem"), "desc", ("priority", "user"), "images", "tags"),
        FieldGroup(_("Location"), "object", "room_description"),
        FieldGroup(_("Reported by"), "contact_name", ("contact_email", "contact_telephone")),
        FieldGroup(_("Reply to customer"), "response", tone=CUSTOMER),
        FieldGroup(_("Internal"), "comment", "finish_images", tone=INTERNAL),
        FieldGroup(_("Administrative"), "custom_fields", ("number", "status")),
    ),
    in_thread=frozenset({"comment", "response"}),
)  # fmt: skip

CustomerObjectForm = record_form(
    CustomerObject,
    groups=(
        FieldGroup(_("Details"), "name", "customer", "description", "tags", "rating"),
        FieldGroup(
            _("Location"), "address_street", ("address_zip", "address_city"), "address_country",
            ("location_latitude", "location_longitude"),
        ),
        FieldGroup(_("On-site contact"), "contact_name", ("contact_phone", "contact_email"), "contact_fax", "contacts"),
        FieldGroup(_("Service"), "object_manager", "service_recipient", "order_description", "material"),
        FieldGroup(_("Access"), "security_code", "key", tone=INTERNAL),
        FieldGroup(
            _("Contract and billing"), ("contract_start_date", "contract_end_date"),
            "invoice_recipient", "invoice_cc_recipients",
        ),
        FieldGroup(_("Administrative"), ("number", "status")),
    ),
)  # fmt: skip

ArticleForm = record_form(
    Article,
    groups=(
        FieldGroup(_("Article"), "name", "unit"),
        FieldGroup(_("Administrative"), ("number", "status")),
    ),
)
