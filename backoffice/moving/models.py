"""The journal of a move, in the database that is moved to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import InstantField, ObjectIdField, now


class Move(models.Model):
    """How far a move into this database has come. Written in the transaction that writes the rows, so whatever
    ends the process, it tells the truth."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    source = models.TextField(_("from"))
    run = models.CharField(_("run"), max_length=32)
    """Of the one process that may write: one that was thought dead, and is not, writes nothing more."""
    step = models.CharField(_("step"), max_length=150, blank=True, default="")
    after = models.TextField(_("after"), blank=True, default="")
    """The key, in the source, of the last row of the step that is here."""
    begun_at = InstantField(_("begun"), default=now)
    ended_at = InstantField(_("ended"), null=True)

    class Meta:
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        default_permissions = ()

    def __str__(self):
        return self.source
