"""The sender of a company's mails."""

from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.mail.company_server import CompanyBackend, try_server
from backoffice.records.fields import EmailLineField, EncryptedTextField, LineField
from backoffice.records.models import Entity
from backoffice.records.properties import guard_field


class MailSender(Entity):
    """The names and addresses that a company's mails come from, and its own mail server, if it has one."""

    company = models.OneToOneField(
        "people.Company", models.PROTECT, editable=False, verbose_name=_("company")
    )
    sender_name = LineField(
        _("sender name"),
        blank=True,
        validators=[RegexValidator(r"[\x00-\x1f\x7f]", _("Enter the name in one line."), inverse_match=True)],
        help_text=_("Leave empty for the name of the company."),
    )
    reply_to = EmailLineField(_("reply address"), help_text=_("Replies go to this address (Reply-To)."))
    from_address = EmailLineField(
        _("sender address"),
        blank=True,
        help_text=_(
            "Only with your own mail server; empty: the reply address. Without one, mails come from the address of this "
            "installation, with the sender name."
        ),
    )
    smtp_url = EncryptedTextField(
        _("mail server"),
        blank=True,
        help_text=_(
            "Your own: smtp://user:password@mail.example.com:587, or smtps:// with port 465. Saving tries to log in; no "
            "mail is sent. The password is never shown again. Leave empty to use the mail server of this installation."
        ),
    )
    guard_field(smtp_url, "people.change_company", hashed=True)

    server_properties = Entity.server_properties | {"company"}
    searched_properties = ("sender_name", "reply_to", "from_address")

    class Meta:
        verbose_name = _("mail sender")
        verbose_name_plural = _("mail senders")
        ordering = ["id"]
        default_permissions = ()

    def __str__(self):
        return self.reply_to

    @classmethod
    def permission(cls, action):
        """Return the permission to see or change the company: the sender is a part of its settings."""
        return f"people.{'view' if action == 'view' else 'change'}_company"

    def validate_change(self, planned):
        """Refuse a second sender of a company, and a server that cannot be used."""
        errors = {}
        if planned.before is None and type(self)._base_manager.filter(company_id=self.company_id).exists():
            message = _("This company already has a mail sender. Change that one.")
            errors[NON_FIELD_ERRORS] = [ValidationError(message, code="unique")]
        if planned.changed("smtp_url") and self.smtp_url:
            try:
                try_server(self.smtp_url)
            except ValidationError as error:
                errors["smtp_url"] = [error]
        return errors

    def address_message(self, message: EmailMessage) -> None:
        """Set the sender of a message, and the connection that sends it."""
        address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
        if self.smtp_url:
            address = self.from_address or self.reply_to
            message.connection = CompanyBackend(self.smtp_url)
        name = " ".join((self.sender_name or self.company.name).split())
        message.from_email = sanitize_address((name, address), "utf-8")
        message.reply_to = message.reply_to or [self.reply_to]
