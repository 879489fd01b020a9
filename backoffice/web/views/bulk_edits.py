"""The pages of a change of many records: what is to be done, what would come of it, how far it is, what became of
each. Everybody sees their own."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.accounts.preserved_forms import restored_data
from backoffice.accounts.reauthentication import ask_again
from backoffice.accounts.request_keys import whole_key
from backoffice.bulk import services as bulk_services
from backoffice.bulk.edits import EDIT_MODES, FILL, SET, PropertyEdit, edit_modes_for
from backoffice.bulk.forms import bulk_form_class
from backoffice.bulk.models import Job
from backoffice.bulk.outcomes import CONFLICT, DONE, NOTHING, REFUSED, WORDS
from backoffice.bulk.services import prepare
from backoffice.bulk.worker import wake
from backoffice.db.object_ids import is_object_id
from backoffice.records.history import ReferenceNames, columns_by_value, format_entry, format_value, shorten
from backoffice.records.idempotency import make_once
from backoffice.records.models import History
from backoffice.records.properties import ColumnProperty
from backoffice.web.listing import EVERYTHING, RecordListing
from backoffice.web.mixins import RecordTypeView, SignedInView
from backoffice.web.viewsets import viewset_for, viewsets_visible_to

PREVIEWED = 50
"""How many records a page of the preview, or of the report, is about."""
SECONDS = 2
"""How often a page without a script looks how far it is."""
LATEST = 30


class BulkEditMixin(SignedInView):
    """A page about one job, which is 404 if it is not theirs."""

    def page_url(self):
        return reverse("web:job", args=[self.kwargs["pk"]])

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.job = self.kind = None

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            self.job = get_object_or_404(Job.objects.of(request.user), pk=kwargs["pk"])
            self.kind = viewset_for(self.job.model)
            if not request.user.may(self.job.takes, self.job.model):
                raise PermissionDenied
            if self.kind.sensitive and request.method == "POST" and (asking := ask_again(request)):
                return asking
        return super().dispatch(request, *args, **kwargs)

    def context(self, **more) -> dict:
        total = self.job.items.count()
        query = f"?{self.job.query}" if self.job.query else ""
        return {
            "job": self.job,
            "kind": self.kind,
            "total": total,
            "list_url": f"{self.kind.url('list')}{query}",
            "may_remove": self.request.user.may("delete", self.job.model),
            **more,
        }


class BulkEditView(BulkEditMixin):
    """Asks what is to be changed; once it has begun, tells how far it is."""

    def form(self, data=None):
        present = {each.property: each.value for each in self.job.all_wanted() if each.how in (SET, FILL)}
        initial = {
            name: value
            for name, value in present.items()
            if isinstance(self.job.model.properties[name], ColumnProperty)
        }
        form_class = bulk_form_class(self.kind.form_class)
        return form_class(data, actor=self.request.user, **({} if data else {"initial": initial}))

    def asking(self, form, problem=""):
        context = self.context(form=form, groups=form.groups_of_lines(), problem=problem)
        return render(self.request, "web/bulk/choose.html", context)

    def get(self, request, pk):
        if self.job.state != Job.State.PREPARED:
            return self.report()
        if self.job.removes and not request.user.may("change", self.job.model):
            return redirect("web:job_preview", pk)
        data = restored_data(request, request.path)
        return self.asking(self.form(data))

    def post(self, request, pk):
        if self.job.state != Job.State.PREPARED:
            return redirect("web:job", pk)
        if "remove" in request.POST:
            return self.remove()
        form = self.form(request.POST)
        if not form.is_valid():
            return self.asking(form)
        wanted = form.wanted()
        if not wanted:
            return self.asking(form, _("Tick what is to be changed."))
        bulk_services.configure(self.job, wanted)
        return redirect("web:job_preview", pk)

    def remove(self):
        """They are not to be changed, but removed."""
        if not self.request.user.may("delete", self.job.model):
            raise PermissionDenied
        bulk_services.configure_deletion(self.job)
        return redirect("web:job_preview", self.job.pk)

    def report(self):
        counts = self.job.counts()
        total = sum(counts.values())
        asked = self.request.GET.get("outcome")
        shown = asked if asked in WORDS else ""
        items = self.job.items.exclude(outcome="")
        items = items.filter(outcome=shown) if shown else items
        page = Paginator(items.order_by("position"), PREVIEWED).get_page(self.request.GET.get("page"))
        running = self.job.state == Job.State.RUNNING
        context = {
            "job": self.job,
            "kind": self.kind,
            "total": total,
            "done": total - counts.get("", 0),
            "left": counts.get("", 0),
            "counts": [(name, str(word), counts.get(name, 0)) for name, word in WORDS.items()],
            "refused": counts.get(REFUSED, 0) + counts.get(CONFLICT, 0),
            "items": page,
            "rows": self._rows(page.object_list),
            "shown": shown,
            "running": running,
            "seconds": SECONDS,
            "wanted": in_words(self.job, self.request.user),
            "list_url": f"{self.kind.url('list')}{'?' + self.job.query if self.job.query else ''}",
        }
        return render(self.request, "web/bulk/report.html", context)

    def _rows(self, items) -> list[dict]:
        """Each by its name, with a link if it is there for this person to go to. What is gone had its name from the
        history: it was theirs to see when they chose it."""
        ids = [item.record_id for item in items]
        there = {
            record.pk: record
            for record in self.job.model.objects.visible_to(self.request.user).filter(pk__in=ids)
        }
        gone = [pk for pk in ids if pk not in there]
        rows = History.objects.filter(record_type=self.job.record_type, record_id__in=gone, action="remove")
        names = dict(rows.values_list("record_id", "record_name")) if gone else {}
        return [
            {
                "item": item,
                "name": str(there.get(item.record_id) or names.get(item.record_id, "")),
                "word": str(WORDS[item.outcome]),
                "url": self.kind.url("record", item.record_id) if item.record_id in there else "",
            }
            for item in items
        ]


class BulkEditPreviewView(BulkEditMixin):
    """What would become of each record; then somebody says yes."""

    def get(self, request, pk):
        if self.job.state != Job.State.PREPARED or not self.job.is_configured:
            return redirect("web:job", pk)
        page = Paginator(self.job.items.order_by("position"), PREVIEWED).get_page(request.GET.get("page"))
        rows = bulk_services.previews(page.object_list, self.job, request.user)
        context = self.context(
            items=page,
            rows=rows,
            counts=[(name, str(word), sum(row.kind == name for row in rows)) for name, word in WORDS.items()],
            words=WORDS,
            wanted=in_words(self.job, request.user),
            outcomes={"done": DONE, "nothing": NOTHING},
        )
        return render(request, "web/bulk/preview.html", context)


class BulkEditActionView(BulkEditMixin):
    """Begins a job, stops it, goes on with it, or takes up again what was refused."""

    http_method_names = ["post"]

    def post(self, request, pk, name):
        act = {
            "start": self.start,
            "stop": self.stop,
            "go-on": self.go_on,
            "again": self.again,
            "look-again": self.look_again,
        }.get(name)
        if act is None:
            raise Http404
        return redirect(act())

    def start(self) -> str:
        return self._told(self.job.is_configured and bulk_services.begin(self.job))

    def stop(self) -> str:
        return self._told(bulk_services.stop(self.job))

    def go_on(self) -> str:
        return self._told(bulk_services.resume(self.job))

    def _told(self, done: bool) -> str:
        wake()
        if not done:
            messages.info(self.request, _("There was nothing to do any more."))
        return reverse("web:job", args=[self.job.pk])

    def again(self) -> str:
        """Those that were refused or met a conflict, as they are now."""
        return self._anew(REFUSED, CONFLICT)

    def look_again(self) -> str:
        """All of them, as they are now: somebody was faster than the preview."""
        return self._anew("")

    def _anew(self, *outcomes: str) -> str:
        user = self.request.user
        job = make_once(
            whole_key(self.request),
            lambda: bulk_services.retry(self.job, outcomes, user),
            lambda pk: Job.objects.of(user).filter(pk=pk).first(),
        )
        if job is None:
            messages.info(self.request, _("None of them is there any more."))
        return reverse("web:job_preview", args=[(job or self.job).pk])


class BulkEditsView(SignedInView):
    """Somebody's jobs, the newest first."""

    def get(self, request):
        kinds = {kind.model._meta.label_lower: kind for kind in viewsets_visible_to(request.user)}
        found = Job.objects.of(request.user).filter(record_type__in=list(kinds)).order_by("-created_at")
        rows = [
            {
                "job": job,
                "kind": kinds[job.record_type],
                "total": job.items.count(),
                "wanted": in_words(job, request.user),
            }
            for job in found[:LATEST]
        ]
        return render(request, "web/bulk/list.html", {"rows": rows})


def in_words(job: Job, user) -> list[tuple[str, str, str]]:
    """(property, what is done with it, value) of all that a job is to do, for people to read."""
    model, wanted = job.model, job.all_wanted()
    pairs = (pair for each in wanted for pair in _pairs(model, each))
    names = ReferenceNames.for_values(pairs, user)
    return [_in_words(model.properties[each.property], each, names) for each in wanted]


def _pairs(model, wanted: PropertyEdit):
    prop = model.properties[wanted.property]
    return columns_by_value(prop, wanted.value)


def _in_words(prop, wanted: PropertyEdit, names: ReferenceNames) -> tuple[str, str, str]:
    if isinstance(prop, ColumnProperty):
        value = format_value(prop, wanted.value, names)
    else:
        value = ", ".join(format_entry(prop, entry, names) for entry in wanted.value or [])
    how = str(EDIT_MODES[wanted.how]) if len(edit_modes_for(prop)) > 1 or wanted.how != SET else ""
    return prop.label, how, shorten(value)


class BulkSelectView(RecordTypeView):
    """Takes those that were ticked, or all that match the list's filters, and asks what is to become of them: nothing
    is changed or removed here."""

    http_method_names = ["post"]

    def post(self, request):
        removes = request.POST.get("do") == "remove"
        if not request.user.may("delete" if removes else "change", self.kind.model):
            raise PermissionDenied
        listing = RecordListing.of_query(self.kind, request.user, request.POST.get("query", ""))
        back = listing.address.but() if listing.address.kept else listing.address.of(EVERYTHING)
        problem = listing.filters.problem_text()
        if problem and request.POST.get("which") == "all":
            messages.error(request, _("Nothing is chosen. %(problem)s") % {"problem": problem})
            return redirect(back)
        try:
            found, query = self._asked(listing), listing.address.query
            job = make_once(
                whole_key(request),
                lambda: prepare(found, request.user, query, removes=removes),
                lambda pk: Job.objects.of(request.user).filter(pk=pk).first(),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(back)
        if job is None:
            messages.error(request, _("Nothing is chosen. Tick some records, or take all that match."))
            return redirect(back)
        return redirect("web:job_preview" if removes else "web:job", job.pk)

    def _asked(self, listing: RecordListing) -> QuerySet:
        names = {"all": None, "page": "shown"}
        name = names.get(self.request.POST.get("which"), "chosen")
        if name is None:
            return listing.found
        ids = [pk for pk in self.request.POST.getlist(name) if is_object_id(pk)]
        visible = self.kind.model.objects.visible_to(self.request.user)
        return visible.filter(pk__in=ids).order_by(*listing.order.columns)
