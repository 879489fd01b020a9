"""The audit trail of records: the history and the secret access log. Both are append-only."""

from typing import NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.db.queries import FastInstanceMixin
from backoffice.records.actors import Channel
from backoffice.records.fields.base import AnyField, InstantField, LineField, ObjectIdField


class AuditEntry(FastInstanceMixin):
    """An action on a record, kept for good: which record, who, when, through which channel. Append-only."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    record_type = models.CharField(_("type"), max_length=100)
    record_id = ObjectIdField(_("record"))
    record_name = models.TextField(_("name"), default="")
    company = models.ForeignKey(
        "people.Company",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # the index in Meta begins with it
        verbose_name=_("company"),
    )
    at = InstantField(_("time"))
    user_id = ObjectIdField(_("user id"), null=True)
    who = LineField(_("user"))
    via = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    request_id = models.CharField(_("request"), max_length=64, blank=True, default="")

    class Meta:
        abstract = True

    def save(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("Audit entries are written by the write service and `log_secret_access` only.")

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("Audit entries are not deleted.")


class History(AuditEntry):
    """One change of one record. Append-only: a row is deleted only with its company, and never changed,
    except that a person's values in it may be redacted (`privacy.redaction`)."""

    class Action(models.TextChoices):
        CREATE = "create", _("created")
        CHANGE = "change", _("changed")
        REMOVE = "remove", _("deleted")
        IMPORT = "import", _("imported")
        REDACT = "redact", _("redacted")

    CREATION_ACTIONS = (Action.CREATE, Action.IMPORT)

    version = models.PositiveBigIntegerField(_("version"))
    action = models.CharField(_("action"), max_length=20)
    stamp = InstantField(_("stamp"), null=True, blank=True, editable=False)
    """The record's `last_modified_at` in this version if it differs from `at`: of an imported record."""
    changes = AnyField(_("changes"), null=False, default=list)
    """`[{"property": "contact_email", "old": …, "new": …}, …]`, plain values; an element of a list of
    sub-documents is `comments.<id>` (with its `place` if it was removed) or `comments.<id>.comment`."""

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "version"], name="records_history_version"
            ),
        ]
        indexes = [models.Index(fields=["company", "at"], name="records_history_recent")]

    def __str__(self) -> str:
        return self.record_name or self.record_id

    def was_made_by(self, user_id: str) -> bool:
        """Return whether a user made this change in person, not a script with an API key of theirs."""
        return self.user_id == user_id and self.via != Channel.JSON


class SecretReading(AuditEntry):
    """An actor was shown secrets of a record."""

    properties = AnyField(_("properties"), null=False, default=list)

    class Meta:
        verbose_name = _("secret access")
        verbose_name_plural = _("secret access log")
        indexes = [models.Index(fields=["company", "at"], name="records_readings_recent")]

    def __str__(self) -> str:
        return f"{self.who}: {self.record_name}"
