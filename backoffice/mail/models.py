"""The table of e-mails: what was queued, and what became of it; and the texts of companies for mails to customers."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.mail.customer_events import HAVE_REPLY, declared, event_choices
from backoffice.mail.placeholders import check_placeholders, find_placeholders
from backoffice.mail.sender import MailSender as MailSender
from backoffice.records.fields import AnyField, InstantField, LineField, ObjectIdField, ParagraphField, now
from backoffice.records.languages import default_language
from backoffice.records.models import Entity

MAX_TEXT = 10_000
"""The most characters of a mail's text."""


class Delivery(models.Model):
    """One e-mail to one person. A background job writes and sends it, so the row has neither its text nor its
    links."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Not sent")

    id = ObjectIdField(primary_key=True, db_column="_id")
    event = LineField(_("event"), max_length=100)
    """The kind of the job that sends it: see `outgoing.mail_event`."""
    company_id = ObjectIdField(_("company id"), null=True)
    record_type = models.CharField(_("type"), max_length=100)
    record_id = ObjectIdField(_("record"))
    user_id = ObjectIdField(_("user id"), null=True, db_index=True)
    """The recipient, if it is a user."""
    params = AnyField(_("parameters"), null=False, default=dict)
    """Ids and codes that the text depends on."""
    recipient = LineField(_("recipient"), default="", max_length=320)
    """The address that it was sent to; empty until then."""
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    reason = LineField(_("reason"), max_length=300, default="")
    times = models.PositiveIntegerField(_("times queued"), default=1)
    request_id = LineField(_("request"), max_length=64, default="")
    created_at = InstantField(_("created"), default=now)
    sent_at = InstantField(_("sent on"), null=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        default_permissions = ()
        indexes = [
            models.Index(fields=["record_id", "created_at"], name="mail_of_record"),
            models.Index(fields=["created_at"], name="mail_oldest"),
        ]

    def __str__(self):
        return self.event

    @property
    def message_id(self) -> str:
        """The local part of its Message-ID: the same at each attempt, another one if a person sends it again."""
        return f"{self.pk}.{self.times}" if self.times > 1 else self.pk


class MailTemplate(Entity):
    """A company's own text for the mails to customers about one event, in one language."""

    event = LineField(_("event"), max_length=100, choices=event_choices)
    language = LineField(_("language"), max_length=8, choices=settings.LANGUAGES, default=default_language)
    subject = LineField(_("subject"), max_length=200)
    text = ParagraphField(_("text"), help_text=_("Leave an empty line between paragraphs."))
    company = models.ForeignKey(
        "people.Company", models.PROTECT, editable=False, related_name="+", verbose_name=_("company")
    )

    server_properties = Entity.server_properties | {"company"}
    searched_properties = ("subject", "text")

    class Meta:
        verbose_name = _("mail template")
        verbose_name_plural = _("mail templates")
        ordering = ["event", "language", "id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["company", "event", "language"], name="mail_template_once")
        ]

    def __str__(self):
        return f"{self.get_event_display()} ({self.get_language_display()})"

    @classmethod
    def permission(cls, action):
        """Return the permission to edit the company's settings, to which the texts belong."""
        return "people.change_company"

    def clean(self):
        """Refuse what the customer would see as it is: unknown placeholders, and a text without the reply."""
        errors: dict[str, ValidationError] = {}
        if "\n" in self.subject or "\r" in self.subject:
            errors["subject"] = ValidationError(_("Enter one line."), code="line")
        if len(self.text) > MAX_TEXT:
            message = _("Enter at most %(most)d characters.") % {"most": MAX_TEXT}
            errors["text"] = ValidationError(message, code="max_length")
        event = declared.get(self.event)
        if event is not None:
            for name in ("subject", "text"):
                try:
                    check_placeholders(getattr(self, name), event.placeholders)
                except ValidationError as error:
                    errors.setdefault(name, error)
            if event.event in HAVE_REPLY and "reply" not in find_placeholders(self.text):
                message = _("Add {{ reply }}: without it, the customer does not get what you write.")
                errors.setdefault("text", ValidationError(message, code="reply"))
        if errors:
            raise ValidationError(errors)
