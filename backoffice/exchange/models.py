from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import InstantField, LineField, ObjectIdField, now


class ImportRun(models.Model):
    """One run of an import. Its history entries have its id as their request id. While a run is unfinished
    (stopped between two batches), no other import can start."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    digest = models.CharField(_("checksum of the input"), max_length=64)
    command = models.TextField(_("command"))
    user_id = ObjectIdField(_("user id"), null=True)
    who = LineField(_("user"))
    done = models.PositiveBigIntegerField(_("imported documents"), default=0)
    started_at = InstantField(_("started"), default=now)
    finished_at = InstantField(_("finished"), null=True)
    undone_at = InstantField(_("undone"), null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        default_permissions = ()
        permissions = [("import_records", "Can import records with their ids and stamps")]

    def __str__(self):
        return f"{self.pk}: {self.command}"

    @staticmethod
    def permission(action: str) -> str:
        """Return the permission for an action, for `Actor.may`."""
        return f"exchange.{action}_records"

    @classmethod
    def unfinished(cls) -> "ImportRun | None":
        return cls.objects.filter(finished_at=None, undone_at=None).first()
