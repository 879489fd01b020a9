"""Admin of the senders of companies' mails."""

from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from backoffice.admin.groups import COMPANY
from backoffice.admin.reauthentication import ReauthenticationMixin
from backoffice.admin.record_admin import RecordAdmin
from backoffice.forms.fields import TextField
from backoffice.forms.record_form import record_form
from backoffice.mail.company_server import mask_smtp_url
from backoffice.mail.models import MailSender

SMTP_URL = MailSender._meta.get_field("smtp_url")


class SmtpUrlField(TextField):
    """An SMTP URL, shown without its password. Unchanged, the saved one is kept."""

    def prepare_value(self, value):
        return mask_smtp_url(value)


class MailSenderForm(record_form(MailSender)):
    smtp_url = SmtpUrlField(
        label=capfirst(SMTP_URL.verbose_name), help_text=SMTP_URL.help_text, required=False
    )


@method_decorator(sensitive_post_parameters("smtp_url"), name="changeform_view")
class MailSenderAdmin(ReauthenticationMixin, RecordAdmin):
    form = MailSenderForm
    group = COMPANY
    summary = _("The address that mails come from, and your own mail server")
    list_display = ("reply_to", "sender_name", "status_label", "last_modified_at")

    def has_module_permission(self, request):
        return self.has_view_permission(request)
