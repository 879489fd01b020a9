"""Uploaded files, and the records that show them."""

import secrets

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.records.actors import Actor
from backoffice.records.fields import InstantField, LineField, ObjectIdField, now

LABEL_PATTERN = r"[A-Za-z0-9_-]{1,100}"
"""The pattern of labels. A label says what the file is for, and is never part of a path."""


def unguessable_id() -> str:
    """Return a random id of 96 bits, unlike other ids: knowing an upload's URL is enough to put it into a
    record of the company, so it must not be derivable from another upload's URL."""
    return secrets.token_hex(12)


class UploadQuerySet(models.QuerySet):
    def restrict_for(self, actor: Actor):
        """Return all rows of the company: the records that show an upload decide who may see it
        (`references.find_upload`)."""
        return self


class Upload(models.Model):
    """An uploaded file. Append-only: its content and its metadata never change."""

    id = ObjectIdField(primary_key=True, db_column="_id", default=unguessable_id)
    company = models.ForeignKey("people.Company", models.PROTECT, related_name="+", verbose_name=_("company"))
    uploaded_by = ObjectIdField(_("uploaded by"), null=True)
    at = InstantField(_("time"), default=now)
    desk = models.CharField(_("app"), max_length=100)
    """The label of the app that the file was sent to: an API key needs that app's scope."""
    label = LineField(_("label"), max_length=100)
    name = LineField(_("name"), help_text=_("The file name used for downloads."))
    content_type = LineField(_("content type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    let_go_at = InstantField(_("unused since"), default=now)
    """When a record last stopped showing it; before that, the time of the upload."""

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
        raise TypeError("Uploads are created by IncomingFile.keep only.")

    def delete(self, *args, **kwargs):
        raise TypeError("Uploads are removed by remove_unused_uploads only.")

    def get_absolute_url(self) -> str:
        return reverse("upload", args=[self.pk, self.name])

    # The part of `records.models.Entity` that an actor's `may` uses:

    @classmethod
    def permission(cls, action: str) -> str:
        return f"uploads.{action}_upload"

    def home_company_id(self) -> str | None:
        return self.company_id

    def allows(self, action: str, actor: Actor) -> bool:
        """Allow the uploader to view the file."""
        return action == "view" and actor.user_id is not None and actor.user_id == self.uploaded_by


class UploadUse(models.Model):
    """A record shows an upload. Written only together with a change of the record."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    upload = models.ForeignKey(Upload, models.PROTECT, related_name="uses", verbose_name=_("upload"))
    record_type = models.CharField(_("type"), max_length=100)
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
