"""Files that people have sent, and which records show them."""

import secrets

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Actor
from backoffice.records.fields import InstantField, LineField, ObjectIdField, now

LABEL = r"[A-Za-z0-9_-]{1,100}"
"""What a label is made of. It says what the file is for, and is never part of a path."""


def unguessable_id() -> str:
    """All 96 bits at random, unlike other ids: whoever knows the address of an upload may put it into a record of
    the company, so it must not follow from the address of another."""
    return secrets.token_hex(12)


class UploadQuerySet(models.QuerySet):
    def restrict_for(self, actor: Actor):
        """All of the company's: who may see one depends on the records that show it (`uses.find_upload`)."""
        return self


class Upload(models.Model):
    """A file that somebody has sent. Append-only: its content and what is told of it never change."""

    class Desk(models.TextChoices):
        """Which desk it was sent to: a key needs that desk's scope."""

        FACILITY = "facility", _("Facility")
        SUPPORTDESK = "supportdesk", _("Support desk")

    id = ObjectIdField(primary_key=True, db_column="_id", default=unguessable_id)
    company = models.ForeignKey("people.Company", models.PROTECT, related_name="+", verbose_name=_("company"))
    uploaded_by = ObjectIdField(_("uploaded by"), null=True)
    at = InstantField(_("when"), default=now)
    desk = models.CharField(_("desk"), max_length=20, choices=Desk.choices)
    label = LineField(_("label"), max_length=100)
    name = LineField(_("name"), help_text=_("What it is called when it is downloaded."))
    content_type = LineField(_("content type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    let_go_at = InstantField(_("last let go of"), default=now)
    """When a record last stopped showing it; until then, when it came."""

    objects = UploadQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        default_permissions = ("add",)
        indexes = [
            models.Index(fields=["let_go_at"], name="uploads_upload_let_go"),
            models.Index(fields=["company", "size"], name="uploads_upload_company_size"),
            models.Index(fields=["uploaded_by", "at"], name="uploads_upload_sent"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        raise TypeError("Uploads are written by uploads.files.keep only.")

    def delete(self, *args, **kwargs):
        raise TypeError("Uploads are removed by remove_unused_uploads only.")

    def get_absolute_url(self):
        return reverse("upload", args=[self.pk, self.name])

    # What an actor's `may` asks of a record (`records.models.Entity`):

    @classmethod
    def permission(cls, action: str) -> str:
        return f"uploads.{action}_upload"

    def home_company_id(self) -> str:
        return self.company_id

    def allows(self, action: str, actor: Actor) -> bool:
        """Whoever sent it may look at it."""
        return action == "view" and actor.user_id is not None and actor.user_id == self.uploaded_by


class UploadUse(models.Model):
    """A record shows an upload. Written along with the record's change only."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    upload = models.ForeignKey(Upload, models.PROTECT, related_name="uses", verbose_name=_("upload"))
    record_type = models.CharField(_("kind"), max_length=100)
    record_id = ObjectIdField(_("record"))

    class Meta:
        verbose_name = _("use of an upload")
        verbose_name_plural = _("uses of uploads")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["record_type", "record_id", "upload"], name="uploads_uploaduse_once"
            )
        ]

    def __str__(self):
        return f"{self.record_type} {self.record_id}: {self.upload_id}"
