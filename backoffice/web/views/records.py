"""Pages of one record of any model: read and edit, actions, secrets, deletion."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.accounts.preserved_forms import restored_data
from backoffice.forms.conflicts import read_version
from backoffice.forms.record_form import RecordForm, save_with_retry
from backoffice.mail.customer_mails import report_mail
from backoffice.notifications.services import follows
from backoffice.records import services
from backoffice.records.exceptions import Conflict, DeletionRefused, RecordDeleted
from backoffice.records.history import log_secret_access, secret_properties
from backoffice.records.models import Entity, History
from backoffice.records.properties import ListPages
from backoffice.records.services import PlannedWrite, find_undoable
from backoffice.uploads.ingestion import MAX_FILES
from backoffice.web.components.composer import RecordComposer
from backoffice.web.components.detail import list_facts
from backoffice.web.components.files import list_files
from backoffice.web.components.form_layout import helper_for
from backoffice.web.components.prev_next import find_prev_next, requested_list, with_list
from backoffice.web.components.thread import build_thread, conversation_properties
from backoffice.web.components.timeline import Timeline, build_timeline
from backoffice.web.mixins import RecordTypeView, browser_context
from backoffice.web.page_parts import panels_for
from backoffice.web.page_state import build_query


def edited_labels(planned: PlannedWrite) -> list[str]:
    """Return the labels of the properties that the user changed, without those that follow from them."""
    names = dict.fromkeys(entry["property"].split(".")[0] for entry in planned.changes)
    return [planned.record.properties[name].label for name in names if name in planned.edited_properties]


class RecordMixin(RecordTypeView):
    """A page about one record: 404 if the user may not see it."""

    def page_url(self):
        return self.viewset.url("record", self.kwargs["pk"])

    def dispatch(self, request, *args, **kwargs):
        try:
            return super().dispatch(request, *args, **kwargs)
        except RecordDeleted as error:
            raise Http404 from error

    def render(self, template: str, record: Entity, **context) -> TemplateResponse:
        """Render a page about a record."""
        common = {
            "viewset": self.viewset,
            "record": record,
            "number": getattr(record, "number", None),
            "title": self.viewset.subject(record),
            "list_query": self.list_query,
            "urls": {"list": self.viewset.url("list"), "record": self.record_url(record)},
        }
        return TemplateResponse(self.request, template, common | context)

    def record(self, action: str = "") -> Entity:
        """Return the record; 403 if the user may not do `action` to it."""
        record = self.request.user.find_visible(self.viewset.model, self.kwargs["pk"])
        if record is None:
            raise Http404
        if action and not self.request.user.may(action, record):
            raise PermissionDenied
        return record

    @cached_property
    def list_query(self) -> str | None:
        """The query string of the list that the user came from; None if there is none."""
        return requested_list(self.request, self.viewset)

    def record_url(self, record: Entity) -> str:
        """Return the URL of the record page, with the list that the user came from."""
        return with_list(self.viewset.url("record", record.pk), self.list_query)

    def list_pages(self, record: Entity) -> ListPages:
        """Return the selected page of each of the record's long lists."""
        return ListPages(self.record_url(record), self.request.GET)

    def page(
        self,
        record: Entity,
        form: RecordForm | None,
        *,
        record_composer: RecordComposer | None = None,
        uncovered=False,
    ) -> TemplateResponse:
        """Return the record page with a form, or read-only without one. Pass `record_composer` to keep the
        submitted input of the composers."""
        viewset, user = self.viewset, self.request.user
        if form is not None:
            form.pages.address = self.record_url(record)
            form.helper = helper_for(form, [area.property for area in viewset.upload_areas])
        record_composer = record_composer or RecordComposer(viewset, record, user)
        timeline = self.timeline(record)
        pages = self.list_pages(record)
        files = list_files(record, viewset.upload_areas, user, pages)
        secrets = {name: record.properties[name].label for name in secret_properties(record, user)}
        shown_below = [area.property for area in viewset.upload_areas] + conversation_properties(record)
        facts = [] if form else list_facts(viewset.form_class, record, user, uncovered, shown_below, pages)
        return self.render(
            "web/records/record.html",
            record,
            form=form,
            read_only=form is None,
            returned=self.request.method == "POST",
            facts=facts,
            may_remove=user.may("delete", record),
            actions=viewset.actions(record, user),
            record_composer=record_composer,
            limit=settings.UPLOAD_MAX_MB,
            max_files=MAX_FILES,
            files=files,
            has_files=any(shown for _area, shown, _page in files),
            timeline=timeline,
            thread=build_thread(viewset, record, user, self.record_url(record), self.request.GET),
            undoable_versions=self.undoable_versions(record, timeline),
            panels=panels_for(record, user),
            links=viewset.links(record, user),
            follows=follows(user, record),
            state_query=build_query(viewset, record=record.pk, version=record.version),
            secrets=get_text_list(list(secrets.values()), _("and")),
            secrets_place="".join(f"#id_{name}" for name in list(secrets)[:1]),
            uncovered=uncovered,
            urls=self.urls(record) | self.timeline_urls(record, timeline),
        )

    def urls(self, record: Entity) -> dict[str, str]:
        viewset = self.viewset
        before, after = None, None
        urls = {
            name: viewset.url(name, record.pk) for name in ("record", "remove", "secrets", "print", "files")
        }
        urls["list"] = viewset.url("list")
        if self.list_query is not None:
            urls["list"] += f"?{self.list_query}" if self.list_query else ""
            before, after = find_prev_next(viewset, record, self.request.user, self.list_query)
        for name, pk in (("previous", before), ("next", after)):
            urls[name] = with_list(viewset.url("record", pk), self.list_query) if pk else ""
        return urls

    def timeline(self, record: Entity) -> Timeline:
        before = read_version(self.request.GET.get("before"))
        return build_timeline(self.viewset, record, self.request.user, before=before)

    def timeline_urls(self, record: Entity, timeline: Timeline) -> dict[str, str]:
        """Return the URL of the next page of the timeline, a variant of the record page."""
        url = self.record_url(record)
        earlier = f"{url}{'&' if '?' in url else '?'}before={timeline.earlier}" if timeline.earlier else ""
        return {"earlier": earlier}

    def undoable_versions(self, record: Entity, timeline: Timeline) -> set[int]:
        """Return the versions on this page of the timeline whose change the user can undo."""
        shown = {event.entry.version for event in timeline.events}
        return self.find_undoable(record, [row for row in timeline.rows if row.version in shown])

    def find_undoable(self, record: Entity, rows: list[History]) -> set[int]:
        user = self.request.user
        return find_undoable(record, rows, user) if user.may("undo", record) else set()


class RecordView(RecordMixin):
    """Shows a record, with a form if the user may change it, and saves the form."""

    form_for = "change"

    def get(self, request, pk):
        record = self.record()
        if data := restored_data(request, self.viewset.url("record", record.pk)):
            return self.restored(record, data)
        return self.page(record, self.form(record, pages=self.list_pages(record)))

    def form(self, record: Entity, data=None, **options) -> RecordForm | None:
        """Return the record's form; None for users who may only read the record."""
        if not self.request.user.may("change", record):
            return None
        return self.viewset.form_class(data, actor=self.request.user, instance=record, **options)

    def restored(self, record: Entity, data):
        """Return the page with the form that the user sent when they were signed out. Its accepted files
        still wait."""
        form = self.form(record, data if "version" in data else None)
        if form is not None and form.is_bound:
            form = form.without_errors()
        record_composer = RecordComposer(self.viewset, record, self.request.user, data)
        record_composer.collect_attachments(self.request, data)
        return self.page(record, form, record_composer=record_composer)

    def post(self, request, pk):
        record = self.record("change")

        def build_form():
            return self.viewset.form_class(
                request.POST, request.FILES, actor=request.user, instance=self.record()
            )

        context = browser_context(request)
        form, planned = save_with_retry(build_form, context)
        present = form.present if planned is None else planned.record
        record_composer = RecordComposer(self.viewset, present, request.user, request.POST)
        record_composer.collect_attachments(request)
        if planned is None:
            record_composer.add_files(request, context)
            self.report_files(record_composer)
            return self.page(record_composer.record, form, record_composer=record_composer)
        written = [composed for composed in record_composer.composer_states if composed.is_written]
        saved = [composed for composed in written if record_composer.save_text(composed, context)]
        record_composer.add_files(request, context)
        if planned.changes or not (written or record_composer.has_received_files):
            self.report_changes(planned)
        for composed in saved:
            messages.success(request, composed.success_message)
        self.report_files(record_composer)
        if record_composer.has_unsaved_text or record_composer.has_refusals:
            form = self.viewset.form_class(actor=request.user, instance=record_composer.record)
            return self.page(record_composer.record, form, record_composer=record_composer)
        return redirect(self.record_url(record))

    def report_files(self, record_composer: RecordComposer) -> None:
        """Add a message with the number of added files. Refusals are shown at the upload field."""
        if record_composer.added_count:
            message = ngettext("%(n)s file added.", "%(n)s files added.", record_composer.added_count) % {
                "n": record_composer.added_count
            }
            messages.success(self.request, message)

    def report_changes(self, planned) -> None:
        """Add messages about what was saved, and what else was changed meanwhile."""
        if not planned.changes:
            messages.info(self.request, _("You made no changes, so nothing was saved."))
        else:
            names = get_text_list(edited_labels(planned), _("and"))
            messages.success(self.request, _("Saved: %(names)s.") % {"names": names})
            if report := report_mail(planned):
                messages.info(self.request, report)
            self.viewset.add_messages_after_save(self.request, planned)
        for row in planned.merged_entries:
            names = dict.fromkeys(entry["property"].split(".")[0] for entry in row.changes)
            labels = [
                planned.record.properties[name].label
                for name in names
                if self.request.user.may("view", planned.record, name)
            ]
            if labels:
                note = (
                    _("You changed %(names)s in the meantime. Both changes were kept.")
                    if row.was_made_by(self.request.user.pk)
                    else _("%(who)s changed %(names)s in the meantime. Both changes were kept.")
                )
                messages.info(self.request, note % {"who": row.who, "names": get_text_list(labels, _("and"))})


class SecretsView(RecordMixin):
    """The record page with its secrets uncovered, for users who may see them. Each view is recorded in the
    access log."""

    http_method_names = ["post"]

    def post(self, request, pk):
        record = self.record()
        if not any(
            prop.guard and prop.guard.secret and request.user.may("view", record, name)
            for name, prop in record.properties.items()
        ):
            raise PermissionDenied
        log_secret_access([record], request.user, browser_context(request))
        form = None
        if request.user.may("change", record):
            form = self.viewset.form_class(actor=request.user, instance=record, uncovered=True)
        response = self.page(record, form, uncovered=True)
        response["Cache-Control"] = "no-store"
        return response


class RecordDeletionView(RecordMixin):
    """Confirms and performs the deletion of a record."""

    form_for = "delete"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and request.user.may("view", self.viewset.model):
            self.record("delete")
        return super().dispatch(request, *args, **kwargs)

    def page(self, record, problem=""):
        return self.render("web/records/delete.html", record, problem=problem)

    def get(self, request, pk):
        record = self.record()
        return self.page(record, record.deletion_problem())

    def post(self, request, pk):
        record = self.record()
        base = read_version(request.POST.get("version"))
        try:
            services.delete(record, actor=request.user, context=browser_context(request), base=base)
        except DeletionRefused as error:
            return self.page(record, str(error))
        except Conflict:
            message = _(
                "Someone has changed this since you opened the page. Check it again before you delete it."
            )
            return self.page(self.record(), message)
        messages.success(request, _("Deleted: “%(name)s”.") % {"name": self.viewset.subject(record)})
        return redirect(self.viewset.url("list"))
