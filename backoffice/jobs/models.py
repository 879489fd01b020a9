"""The table of jobs: what is to be done after a change, or at a time."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.records.fields import AnyField, InstantField, LineField, ObjectIdField, now


class QueuedJob(models.Model):
    """One job that is not done yet. (A job that is done has no row.)

    A worker that claims a job sets `worker`, and moves `due_at` to the end of its lease: if it dies, the job
    becomes due again then."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        GIVEN_UP = "given up", _("Given up")

    id = ObjectIdField(primary_key=True, db_column="_id")
    kind = LineField(_("job"), max_length=100)
    key = models.CharField(_("key"), max_length=200, unique=True)
    """Of two jobs with one key, only one is kept. By default the job's own id."""
    params = AnyField(_("parameters"), null=False, default=dict)
    """Ids, never texts or secrets: `{"complaint": "…"}`."""
    company_id = ObjectIdField(_("company id"), null=True)
    """The company whose administrators see the job; None: only superusers do."""
    user_id = ObjectIdField(_("user id"), null=True, db_index=True)
    """The user whom the job is about."""
    request_id = LineField(_("request"), max_length=64, default="")
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    created_at = InstantField(_("created"), default=now)
    due_at = InstantField(_("due"), default=now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    reason = LineField(_("reason"), max_length=300, default="")
    """Why the last attempt failed: the kind of error, without data."""
    worker = LineField(_("worker"), max_length=64, default="")

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        default_permissions = ("view",)
        permissions = [("manage_jobs", "Can retry and drop jobs")]
        indexes = [models.Index(fields=["state", "due_at"], name="jobs_due")]

    def __str__(self):
        return self.kind

    @property
    def is_running(self) -> bool:
        """Whether a worker holds a lease."""
        return self.state == self.State.WAITING and bool(self.worker) and self.due_at > now()
