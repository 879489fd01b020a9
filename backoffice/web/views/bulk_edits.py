"""Pages of bulk edits: configuration, preview, progress and report. Users see their own jobs only."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.accounts.preserved_forms import restored_data
from backoffice.accounts.reauthentication import require_password
from backoffice.accounts.request_keys import content_key
from backoffice.bulk import services as bulk_services
from backoffice.bulk.edits import EDIT_MODES, FILL, SET, PropertyEdit, edit_modes_for
from backoffice.bulk.forms import bulk_form_class
from backoffice.bulk.models import Job
from backoffice.bulk.outcomes import CONFLICT, OUTCOME_LABELS, REFUSED
from backoffice.bulk.services import prepare
from backoffice.db.object_ids import is_object_id
from backoffice.records.history import ReferenceNames, columns_by_value, format_entry, format_value, shorten
from backoffice.records.idempotency import create_once
from backoffice.records.models import History
from backoffice.records.properties import ColumnProperty
from backoffice.web.listing import EVERYTHING, RecordListing
from backoffice.web.mixins import RecordTypeView, SignedInView
from backoffice.web.viewsets import viewset_for, viewsets_visible_to

PAGE_SIZE = 50
"""How many records a page of the preview or of the report shows."""
REFRESH_SECONDS = 2
"""How often the progress page reloads without JavaScript."""
LATEST = 30
"""How many jobs the list of bulk edits shows."""


class BulkEditBaseView(SignedInView):
    """A page about one bulk edit job: 404 if it is not the user's own."""

    def page_url(self):
        return reverse("web:bulk_edit", args=[self.kwargs["pk"]])

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.job = get_object_or_404(Job.objects.owned_by(request.user), pk=kwargs["pk"])
            self.viewset = viewset_for(self.job.model)
            if not request.user.may(self.job.required_action, self.job.model):
                raise PermissionDenied
            if (
                self.viewset.requires_reauthentication
                and request.method == "POST"
                and (response := require_password(request))
            ):
                return response
        return super().dispatch(request, *args, **kwargs)

    def context(self, total: int, **extra) -> dict:
        query = f"?{self.job.query}" if self.job.query else ""
        return {
            "job": self.job,
            "viewset": self.viewset,
            "total": total,
            "list_url": f"{self.viewset.url('list')}{query}",
            "may_remove": self.request.user.may("delete", self.job.model),
            **extra,
        }


class BulkEditView(BulkEditBaseView):
    """The form for what to change; once the job has started, its progress and report."""

    def form(self, data=None):
        present = {each.property: each.value for each in self.job.edits() if each.how in (SET, FILL)}
        initial = {
            name: value
            for name, value in present.items()
            if isinstance(self.job.model.properties[name], ColumnProperty)
        }
        form_class = bulk_form_class(self.viewset.form_class)
        return form_class(data, actor=self.request.user, **({} if data else {"initial": initial}))

    def form_page(self, form, problem=""):
        total, groups = self.job.items.count(), form.groups_of_lines()
        context = self.context(total, form=form, groups=groups, problem=problem)
        return render(self.request, "web/bulk/choose.html", context)

    def get(self, request, pk):
        if self.job.state != Job.State.PREPARED:
            return self.report()
        if self.job.removes and not request.user.may("change", self.job.model):
            return redirect("web:bulk_edit_preview", pk)
        data = restored_data(request, request.path)
        return self.form_page(self.form(data))

    def post(self, request, pk):
        if self.job.state != Job.State.PREPARED:
            return redirect("web:bulk_edit", pk)
        if "remove" in request.POST:
            return self.remove()
        form = self.form(request.POST)
        if not form.is_valid():
            return self.form_page(form)
        edits = form.edits()
        if not edits:
            return self.form_page(form, _("Select at least one field to change."))
        bulk_services.configure(self.job, edits)
        return redirect("web:bulk_edit_preview", pk)

    def remove(self):
        """Make it a bulk deletion."""
        if not self.request.user.may("delete", self.job.model):
            raise PermissionDenied
        bulk_services.configure(self.job, removes=True)
        return redirect("web:bulk_edit_preview", self.job.pk)

    def report(self):
        counts = self.job.counts()
        total = sum(counts.values())
        requested = self.request.GET.get("outcome")
        outcome = requested if requested in OUTCOME_LABELS else ""
        items = self.job.items.exclude(outcome="")
        items = items.filter(outcome=outcome) if outcome else items
        page = Paginator(items.order_by("position"), PAGE_SIZE).get_page(self.request.GET.get("page"))
        context = self.context(
            total,
            done=total - counts.get("", 0),
            left=counts.get("", 0),
            counts=[(name, word, counts.get(name, 0)) for name, word in OUTCOME_LABELS.items()],
            refused=counts.get(REFUSED, 0) + counts.get(CONFLICT, 0),
            items=page,
            rows=self._rows(page.object_list),
            outcome=outcome,
            running=self.job.state == Job.State.RUNNING,
            seconds=REFRESH_SECONDS,
            edits=describe_edits(self.job, self.request.user),
        )
        return render(self.request, "web/bulk/report.html", context)

    def _rows(self, items) -> list[dict]:
        """Return the items with their records' names, and links to those that the user may see. The names of
        deleted records are from the history; the user could see them when they selected them."""
        ids = [item.record_id for item in items]
        visible = {
            record.pk: record
            for record in self.job.model.objects.visible_to(self.request.user).filter(pk__in=ids)
        }
        missing = [pk for pk in ids if pk not in visible]
        rows = History.objects.filter(
            record_type=self.job.record_type, record_id__in=missing, action="remove"
        )
        names = dict(rows.values_list("record_id", "record_name")) if missing else {}
        return [
            {
                "item": item,
                "name": str(visible.get(item.record_id) or names.get(item.record_id, "")),
                "label": str(OUTCOME_LABELS[item.outcome]),
                "url": self.viewset.url("record", item.record_id) if item.record_id in visible else "",
            }
            for item in items
        ]


class BulkEditPreviewView(BulkEditBaseView):
    """A preview of the outcome for each record, with the button that starts the job."""

    def get(self, request, pk):
        if self.job.state != Job.State.PREPARED or not self.job.is_configured:
            return redirect("web:bulk_edit", pk)
        page = Paginator(self.job.items.order_by("position"), PAGE_SIZE).get_page(request.GET.get("page"))
        rows = bulk_services.previews(page.object_list, self.job, request.user)
        context = self.context(
            page.paginator.count,
            items=page,
            rows=rows,
            counts=[
                (name, label, sum(row.get("kind") == name for row in rows))
                for name, label in OUTCOME_LABELS.items()
            ],
            edits=describe_edits(self.job, request.user),
        )
        return render(request, "web/bulk/preview.html", context)


class BulkEditActionView(BulkEditBaseView):
    """Starts, stops or resumes a job, or prepares a new one for the records that were not changed."""

    http_method_names = ["post"]

    services = {"start": bulk_services.start, "stop": bulk_services.stop, "go-on": bulk_services.resume}
    retried_outcomes = {"again": (REFUSED, CONFLICT), "look-again": ("",)}
    """The outcomes of the records that a new job gets: those that were refused or had a conflict, or all, because
    they changed after the preview."""

    def post(self, request, pk, name):
        if name in self.retried_outcomes:
            return self.retry(self.retried_outcomes[name])
        if name not in self.services:
            raise Http404
        is_changed = (self.job.is_configured or name != "start") and self.services[name](self.job)
        if not is_changed:
            messages.info(request, _("There was nothing left to do."))
        return redirect("web:bulk_edit", pk)

    def retry(self, outcomes: tuple[str, ...]):
        """Prepare a new job for the current versions of the records with these outcomes."""
        user = self.request.user
        job = create_once(
            content_key(self.request),
            lambda: bulk_services.retry(self.job, outcomes, user),
            lambda pk: Job.objects.owned_by(user).filter(pk=pk).first(),
        )
        if job is None:
            messages.info(self.request, _("None of the selected records exists any more."))
        return redirect("web:bulk_edit_preview", (job or self.job).pk)


class BulkEditsView(SignedInView):
    """The user's jobs, newest first."""

    def get(self, request):
        viewsets = {viewset.model._meta.label_lower: viewset for viewset in viewsets_visible_to(request.user)}
        jobs = (
            Job.objects.owned_by(request.user).filter(record_type__in=list(viewsets)).order_by("-created_at")
        )
        rows = [
            {
                "job": job,
                "viewset": viewsets[job.record_type],
                "total": job.items.count(),
                "edits": describe_edits(job, request.user),
            }
            for job in jobs[:LATEST]
        ]
        return render(request, "web/bulk/list.html", {"rows": rows})


def describe_edits(job: Job, user) -> list[tuple[str, str, str]]:
    """Return the edits of a job as (property, mode, value) for display."""
    model, edits = job.model, job.edits()
    pairs = (pair for edit in edits for pair in columns_by_value(model.properties[edit.property], edit.value))
    names = ReferenceNames.for_values(pairs, user)
    return [_describe_edit(model.properties[edit.property], edit, names) for edit in edits]


def _describe_edit(prop, edit: PropertyEdit, names: ReferenceNames) -> tuple[str, str, str]:
    if isinstance(prop, ColumnProperty):
        value = format_value(prop, edit.value, names)
    else:
        value = ", ".join(format_entry(prop, entry, names) for entry in edit.value or [])
    mode = str(EDIT_MODES[edit.how]) if len(edit_modes_for(prop)) > 1 or edit.how != SET else ""
    return prop.label, mode, shorten(value)


class BulkSelectView(RecordTypeView):
    """Prepares a job for the selected records, or for all that match the list's filters. Nothing is changed
    or deleted yet."""

    http_method_names = ["post"]

    def post(self, request):
        removes = request.POST.get("do") == "remove"
        if not request.user.may("delete" if removes else "change", self.viewset.model):
            raise PermissionDenied
        listing = RecordListing.from_query(self.viewset, request.user, request.POST.get("query", ""))
        back = listing.address.url_with() if listing.address.params else listing.address.url_of(EVERYTHING)
        problem = listing.filters.problem_text()
        if problem and request.POST.get("which") == "all":
            messages.error(request, _("Nothing is selected. %(problem)s") % {"problem": problem})
            return redirect(back)
        try:
            selected, query = self._selected_records(listing), listing.address.query
            job = create_once(
                content_key(request),
                lambda: prepare(selected, request.user, query, removes=removes),
                lambda pk: Job.objects.owned_by(request.user).filter(pk=pk).first(),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(back)
        if job is None:
            messages.error(request, _("Nothing is selected. Select rows, or edit all results."))
            return redirect(back)
        return redirect("web:bulk_edit_preview" if removes else "web:bulk_edit", job.pk)

    def _selected_records(self, listing: RecordListing) -> QuerySet:
        field_names = {"all": None, "page": "shown"}
        name = field_names.get(self.request.POST.get("which"), "chosen")
        if name is None:
            return listing.queryset
        ids = [pk for pk in self.request.POST.getlist(name) if is_object_id(pk)]
        visible = self.viewset.model.objects.visible_to(self.request.user)
        return visible.filter(pk__in=ids).order_by(*listing.order.columns)
