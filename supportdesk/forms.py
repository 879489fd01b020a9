"""The form of support cases, with its properties in groups."""

from django.utils.translation import gettext_lazy as _

from backoffice.forms.fieldsets import CUSTOMER, INTERNAL, FieldGroup
from backoffice.forms.record_form import record_form
from supportdesk.models import SupportCase

NOTE_READERS = _("Support and the person who raised it see this")

SupportCaseForm = record_form(
    SupportCase,
    properties=(
        "name", "description", "solved", "device", "system_version", "play_maker_version", "files",
        "customer", "customer_name", "employee", "employee_name", "comments",
        "response_answer", "response_author", "response_date", "response_employee", "response_employee_name",
        "private_information", "number", "status", "chat_id",
    ),
    groups=(
        FieldGroup(_("What it is about"), "name", "description", "solved", "files"),
        FieldGroup(_("Seen on"), "device", ("system_version", "play_maker_version")),
        FieldGroup(_("Who raised it"), ("customer", "customer_name"), ("employee", "employee_name")),
        FieldGroup(_("What was said"), "comments", tone=CUSTOMER),
        FieldGroup(
            _("What we answer"), "response_answer", ("response_author", "response_date"),
            ("response_employee", "response_employee_name"), tone=CUSTOMER,
        ),
        FieldGroup(_("Private"), "private_information", tone=INTERNAL, readers=NOTE_READERS),
        FieldGroup(_("More"), ("number", "status"), "chat_id"),
    ),
    editor_only=frozenset({
        "solved", "customer_name", "employee", "employee_name", "response_answer", "response_author", "response_date",
        "number", "status", "chat_id",
    }),
    row_details={
        "comments": ("date", "employee", "employee_name", "customer", "customer_name", "is_support"),
    },
)  # fmt: skip
