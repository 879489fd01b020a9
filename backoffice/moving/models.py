"""The journal of a move, in the target database."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import InstantField, ObjectIdField, now


class Move(models.Model):
    """The progress of a move into this database, written in the same transaction as the rows, so it is right
    even after a crash."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    source = models.TextField(_("from"))
    run = models.CharField(_("run"), max_length=32)
    """Identifies the one process that may write, so that an earlier process that is still alive cannot."""
    step = models.CharField(_("step"), max_length=150, blank=True, default="")
    after = models.TextField(_("after"), blank=True, default="")
    """The source key of the last row of the step that has been written."""
    begun_at = InstantField(_("started"), default=now)
    ended_at = InstantField(_("ended"), null=True)

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        default_permissions = ()

    def __str__(self):
        return self.source
