"""The form of support cases, with its properties in groups."""

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER, INTERNAL, FieldGroup
from backoffice.forms.record_form import record_form
from supportdesk.models import NOTE_READERS, SupportCase

SupportCaseForm = record_form(
    SupportCase,
    groups=(
        FieldGroup(_("Issue"), "name", "description", ("priority", "assignee"), "solved", "files"),
        FieldGroup(_("Device and version"), "device", ("system_version", "play_maker_version")),
        FieldGroup(_("Customer and reporter"), ("customer", "customer_name"), ("employee", "employee_name")),
        FieldGroup(_("Conversation"), "comments", tone=CUSTOMER),
        FieldGroup(
            _("Reply to customer"), "response_answer", ("response_author", "response_date"),
            ("response_employee", "response_employee_name"), tone=CUSTOMER,
        ),
        FieldGroup(_("Internal"), "private_information", tone=INTERNAL, readers=NOTE_READERS),
        FieldGroup(_("Administrative"), ("number", "status")),
    ),
    in_thread=frozenset({"comments", "response_answer", "private_information"}),
    editor_only=frozenset({
        "solved", "customer_name", "employee", "employee_name", "response_answer", "response_author", "response_date",
        "number", "status",
    }),
    row_details={
        "comments": ("date", "employee", "employee_name", "customer", "customer_name", "is_support"),
    },
)  # fmt: skip
