"""The admin page of background jobs: which wait, run, or were given up and why; and retrying or dropping them."""

from django.contrib import admin, messages
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from backoffice.admin.base import ReadOnlyAdmin
from backoffice.admin.groups import COMPANY
from backoffice.jobs import outbox
from backoffice.jobs.kinds import kinds
from backoffice.jobs.models import QueuedJob
from backoffice.records.fields import now

WAITING, RUNNING, GIVEN_UP = "waiting", "running", "given-up"
STATES = {WAITING: _("Waiting"), RUNNING: _("In progress"), GIVEN_UP: _("Given up")}


class JobStateFilter(admin.SimpleListFilter):
    """Filter by state."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return list(STATES.items())

    def queryset(self, request, queryset):
        waiting = Q(state=QueuedJob.State.WAITING)
        running = waiting & ~Q(worker="") & Q(due_at__gt=now())
        states = {WAITING: waiting & ~running, RUNNING: running, GIVEN_UP: ~waiting}
        return queryset.filter(states[self.value()]) if self.value() in states else queryset


class JobAdmin(ReadOnlyAdmin):
    """Background jobs: of their company for administrators, all for superusers."""

    group = COMPANY
    summary = _("Mails and other work that waits, runs or was given up")
    list_display = ("kind_label", "state_label", "attempts", "due_at", "reason", "created_at")
    list_display_links = ("kind_label",)
    list_filter = (JobStateFilter,)
    fields = readonly_fields = (
        "kind_label", "state_label", "attempts", "due_at", "reason", "created_at", "request_id",
    )  # fmt: skip
    search_fields = ()
    ordering = ("due_at", "id")
    actions = ("retry", "drop")

    def rows(self, request):
        rows = QueuedJob.objects.all()
        return rows if request.user.is_superuser else rows.filter(company_id=request.user.company_id)

    def has_manage_permission(self, request):
        """Whether the user may retry and drop jobs."""
        return request.user.has_perm("jobs.manage_jobs")

    @admin.display(description=_("job"), ordering="kind")
    def kind_label(self, row):
        return kinds[row.kind].label if row.kind in kinds else row.kind

    @admin.display(description=_("state"))
    def state_label(self, row):
        if row.is_running:
            return STATES[RUNNING]
        return STATES[WAITING if row.state == QueuedJob.State.WAITING else GIVEN_UP]

    @admin.action(description=_("Retry now"), permissions=["manage"])
    def retry(self, request, queryset):
        count = outbox.retry(queryset)
        text = ngettext("%(n)d job will be retried.", "%(n)d jobs will be retried.", count)
        self._report(request, text % {"n": count}, queryset.count() - count)

    @admin.action(description=_("Drop"), permissions=["manage"])
    def drop(self, request, queryset):
        chosen = queryset.count()
        count = outbox.drop(queryset)
        text = ngettext("%(n)d job was dropped.", "%(n)d jobs were dropped.", count)
        self._report(request, text % {"n": count}, chosen - count)

    def _report(self, request, text: str, skipped: int) -> None:
        self.message_user(request, text, messages.SUCCESS)
        if skipped:
            text = ngettext(
                "%(n)d job is in progress and was left alone.",
                "%(n)d jobs are in progress and were left alone.",
                skipped,
            )
            self.message_user(request, text % {"n": skipped}, messages.WARNING)
