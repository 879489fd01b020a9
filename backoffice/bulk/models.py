"""Bulk edits in the database: the edits, and the outcome of each record. All state is in these rows, so that
another worker can continue when one is killed."""

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.bulk.edits import PropertyEdit
from backoffice.bulk.outcomes import OUTCOME_LABELS
from backoffice.records.fields import AnyField, InstantField, LineField, ObjectIdField, now
from backoffice.records.models import Entity


class JobQuerySet(models.QuerySet):
    def owned_by(self, actor):
        """Return the jobs of an actor."""
        return self.filter(user_id=actor.user_id)


class Job(models.Model):
    """One change of many records in a user's name. While it is prepared, no record is changed."""

    class State(models.TextChoices):
        PREPARED = "prepared", _("Not started")
        RUNNING = "running", _("In progress")
        STOPPED = "stopped", _("Stopped")
        ENDED = "ended", _("Finished")

    id = ObjectIdField(primary_key=True, db_column="_id")
    record_type = models.CharField(_("type"), max_length=100)
    user_id = ObjectIdField(_("user id"), db_index=True)
    language = models.CharField(_("language"), max_length=16, default="")
    wanted = AnyField(_("requested changes"), null=False, default=list)
    """`[{"property": "priority", "how": "set", "value": 3}, …]`: see `edits.PropertyEdit`."""
    removes = models.BooleanField(_("deletes"), default=False)
    """Whether the records are deleted instead of changed."""
    query = models.TextField(_("list address"), default="")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.PREPARED)
    created_at = InstantField(_("created"), default=now)
    started_at = InstantField(_("started"), null=True)
    ended_at = InstantField(_("ended"), null=True)
    sign_in = models.CharField(_("session"), max_length=128, default="")
    """The session auth hash of the user at the start: the job ends when the user's sessions end. Empty: not
    checked."""
    worker = LineField(_("worker"), default="", max_length=64)
    leased_until = InstantField(_("leased until"), null=True)
    """Used by workers of version 1.0.0 only. Now a background job has the lease."""

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulk edit")
        verbose_name_plural = _("bulk edits")
        default_permissions = ()
        indexes = [models.Index(fields=["state", "started_at"], name="bulk_job_waiting")]

    def __str__(self):
        return f"{self.record_type} {self.pk}"

    @property
    def model(self) -> type[Entity]:
        return apps.get_model(self.record_type)

    @property
    def is_configured(self) -> bool:
        """Whether the edits, or the deletion, have been chosen."""
        return self.removes or bool(self.wanted)

    @property
    def required_action(self) -> str:
        """The action for which the actor needs permission."""
        return "delete" if self.removes else "change"

    def edits(self) -> list[PropertyEdit]:
        return [PropertyEdit(**each) for each in self.wanted]

    def counts(self) -> dict[str, int]:
        """Return the number of records by outcome; `""` are those still to be done."""
        rows = self.items.order_by().values_list("outcome").annotate(models.Count("pk"))
        return dict(rows)


class JobItem(models.Model):
    """One record of a job: the version that the user confirmed, and the outcome, which is written in the
    transaction that changes the record."""

    id = ObjectIdField(primary_key=True, db_column="_id")
    job = models.ForeignKey(Job, models.CASCADE, related_name="items", verbose_name=_("bulk edit"))
    position = models.PositiveIntegerField(_("position"))
    record_id = ObjectIdField(_("record"))
    seen = models.PositiveBigIntegerField(_("version seen"))
    outcome = models.CharField(_("result"), max_length=10, default="", choices=list(OUTCOME_LABELS.items()))
    why = models.TextField(_("reason"), default="")

    class Meta:
        verbose_name = _("bulk edit item")
        verbose_name_plural = _("bulk edit items")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["job", "record_id"], name="bulk_jobitem_once")]
        indexes = [models.Index(fields=["job", "outcome", "position"], name="bulk_jobitem_open")]

    def __str__(self):
        return f"{self.record_id}: {self.outcome}"
