"""The pages of one record, of any kind: read and edit, create, act, show secrets, remove."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backoffice.accounts.preserved_forms import restored_data
from backoffice.forms.record_form import RecordForm, save_with_retry
from backoffice.records import services
from backoffice.records.exceptions import Conflict, Forbidden, Gone, InUse
from backoffice.records.history import log_readings, secret_properties
from backoffice.records.models import Entity
from backoffice.records.properties import ListPages
from backoffice.records.services import can_undo
from backoffice.web.components.composer import RecordComposer
from backoffice.web.components.detail import list_facts
from backoffice.web.components.files import in_drawers
from backoffice.web.components.form_layout import helper_for
from backoffice.web.components.prev_next import find_prev_next, requested_list, with_list
from backoffice.web.components.timeline import Timeline, build_timeline
from backoffice.web.mixins import RecordTypeView, via_browser


class RecordMixin(RecordTypeView):
    """A page about one record, which is 404 if it is not theirs."""

    def page_url(self):
        return self.kind.url("record", self.kwargs["pk"])

    def record(self) -> Entity:
        found = self.request.user.find_visible(self.kind.model, self.kwargs["pk"])
        if found is None:
            raise Http404
        return found

    @cached_property
    def list_asked(self) -> str | None:
        """The list that this person came from."""
        return requested_list(self.request, self.kind)

    def here(self, record: Entity) -> str:
        """The address of the record's page, with the list it is looked at in."""
        return with_list(self.kind.url("record", record.pk), self.list_asked)

    def list_pages(self, record: Entity) -> ListPages:
        """Which part of each long list of the record the page shows."""
        return ListPages(self.here(record), self.request.GET)

    def page(
        self,
        record: Entity,
        form: RecordForm | None,
        *,
        desk: RecordComposer | None = None,
        uncovered=False,
        status=200,
    ) -> TemplateResponse:
        """The record's own page, with a form or (without one) to read. `desk` has what was written into its boxes."""
        kind, user = self.kind, self.request.user
        if form is not None:
            form.pages.address = self.here(record)
            form.helper = helper_for(form, [place.property for place in (*kind.boxes, *kind.drawers)])
        desk = desk or RecordComposer(kind, record, user)
        told = self.timeline(record)
        pages = self.list_pages(record)
        drawers = in_drawers(record, kind.drawers, user, pages)
        shown_below = [drawer.property for drawer in kind.drawers]
        context = {
            "kind": kind,
            "record": record,
            "number": getattr(record, "number", None),
            "title": kind.subject(record),
            "form": form,
            "read_only": form is None,
            "returned": self.request.method == "POST",
            "facts": []
            if form is not None
            else list_facts(kind.form_class, record, user, uncovered, shown_below, pages),
            "may_remove": user.may("delete", record),
            "actions": kind.actions(record, user),
            "desk": desk,
            "drawers": drawers,
            "has_files": any(shown for _drawer, shown, _page in drawers),
            "timeline": told,
            "may_take_back": self.may_take_back(record, told),
            "panels": kind.panels(record, user),
            "links": kind.links(record, user),
            "secrets": secret_properties(record, user) if not uncovered else [],
            "uncovered": uncovered,
            "list_asked": self.list_asked,
            "urls": self.urls(record) | self.timeline_urls(record, told),
        }
        return TemplateResponse(self.request, "web/records/record.html", context, status=status)

    def urls(self, record: Entity) -> dict[str, str]:
        kind = self.kind
        before, after = None, None
        found = {
            name: kind.url(name, record.pk) for name in ("record", "remove", "secrets", "print", "files")
        }
        found["list"] = kind.url("list")
        if self.list_asked is not None:
            found["list"] += f"?{self.list_asked}" if self.list_asked else ""
            before, after = find_prev_next(kind, record, self.request.user, self.list_asked)
        for name, pk in (("previous", before), ("next", after)):
            found[name] = with_list(kind.url("record", pk), self.list_asked) if pk else ""
        return found

    def timeline(self, record: Entity) -> Timeline:
        before = self.request.GET.get("before", "")
        return build_timeline(
            self.kind,
            record,
            self.request.user,
            comments_only=self.request.GET.get("only") == "comments",
            before=int(before) if before.isdecimal() and len(before) < 18 else None,
        )

    def timeline_urls(self, record: Entity, told: Timeline) -> dict[str, str]:
        """The addresses of the other pages of the timeline, each within the record's own."""
        here = self.here(record)
        comments = f"{here}{'&' if '?' in here else '?'}only=comments"
        this = comments if told.comments_only else here
        earlier = f"{this}{'&' if '?' in this else '?'}before={told.earlier}" if told.earlier else ""
        return {"everything": here, "comments": comments, "earlier": earlier}

    def may_take_back(self, record: Entity, told: Timeline) -> set[int]:
        """The versions among those told whose change this person may take back."""
        user = self.request.user
        if not user.may("undo", record):
            return set()
        shown = {event.entry.version for event in told.events}
        return {row.version for row in told.rows if row.version in shown and can_undo(record, row, user)}


class RecordView(RecordMixin):
    """Reads a record and, for who may, edits it."""

    form_for = "change"

    def get(self, request, pk):
        record = self.record()
        if not request.user.may("change", record):
            return self.page(record, None)
        if data := restored_data(request, self.kind.url("record", record.pk)):
            return self.restored(record, data)
        pages = self.list_pages(record)
        return self.page(record, self.kind.form_class(actor=request.user, instance=record, pages=pages))

    def restored(self, record: Entity, data):
        """The page with what somebody typed before they were signed out; files that had been taken still wait."""
        form_class, user = self.kind.form_class, self.request.user
        sent = form_class(data, actor=user, instance=record).unjudged() if "version" in data else None
        desk = RecordComposer(self.kind, record, user, data)
        desk.attach(self.request, data)
        return self.page(record, sent or form_class(actor=user, instance=record), desk=desk)

    def post(self, request, pk):
        record = self.record()
        if not request.user.may("change", record):
            raise PermissionDenied

        def sent():
            return self.kind.form_class(
                request.POST, request.FILES, actor=request.user, instance=self.record()
            )

        via = via_browser(request)
        try:
            form, draft = save_with_retry(sent, via)
            present = form.present if draft is None else draft.record
            desk = RecordComposer(self.kind, present, request.user, request.POST)
            desk.attach(request)
            if draft is None:
                desk.put(request, via)
                self.tell_of_files(desk)
                return self.page(desk.record, form, desk=desk)
            written = [writing for writing in desk.writings if writing.is_written]
            said = [writing for writing in written if desk.say(writing, via)]
            desk.put(request, via)
        except Gone as error:
            raise Http404 from error
        if draft.changes or not (written or desk.received):
            self.tell(form, draft)
        for writing in said:
            messages.success(request, writing.done)
        self.tell_of_files(desk)
        if desk.unsent or desk.refused:
            form = self.kind.form_class(actor=request.user, instance=desk.record)
            return self.page(desk.record, form, desk=desk)
        return redirect(self.here(record))

    def tell_of_files(self, desk: RecordComposer) -> None:
        """Say how many files were taken; what was refused is said beside the box."""
        if desk.added:
            said = ngettext("%(n)s file added.", "%(n)s files added.", desk.added) % {"n": desk.added}
            messages.success(self.request, said)

    def tell(self, form, draft) -> None:
        """Say what was saved, and what others changed meanwhile."""
        if not draft.changes:
            messages.info(self.request, _("Nothing had changed, so nothing was saved."))
        else:
            names = dict.fromkeys(entry["property"].split(".")[0] for entry in draft.changes)
            edited = [draft.record.properties[name].label for name in names if name in draft.edited]
            messages.success(
                self.request, _("Saved: %(names)s.") % {"names": get_text_list(edited, _("and"))}
            )
            self.kind.saved(self.request, draft)
        for row in draft.others:
            names = dict.fromkeys(entry["property"].split(".")[0] for entry in row.changes)
            labels = [
                draft.record.properties[name].label
                for name in names
                if self.request.user.may("view", draft.record, name)
            ]
            if labels:
                note = _("%(who)s changed %(names)s meanwhile; both are kept.")
                messages.info(self.request, note % {"who": row.who, "names": get_text_list(labels, _("and"))})


class SecretsView(RecordMixin):
    """The record's page with its secrets uncovered, for who may see them; each showing is written down."""

    http_method_names = ["post"]

    def post(self, request, pk):
        record = self.record()
        if not any(
            prop.guard and prop.guard.secret and request.user.may("view", record, name)
            for name, prop in record.properties.items()
        ):
            raise PermissionDenied
        log_readings([record], request.user, via_browser(request))
        form = None
        if request.user.may("change", record):
            form = self.kind.form_class(actor=request.user, instance=record, uncovered=True)
        response = self.page(record, form, uncovered=True)
        response["Cache-Control"] = "no-store"
        return response


class ActionView(RecordMixin):
    """One of the record's actions: finish, reopen, assign to me."""

    http_method_names = ["post"]

    def post(self, request, pk, name):
        record = self.record()
        action = next(
            (action for action in self.kind.actions(record, request.user) if action.name == name), None
        )
        if action is None:
            raise PermissionDenied
        try:
            services.update(
                record, action.values, actor=request.user, via=via_browser(request), action=action.action
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except Forbidden as error:
            raise PermissionDenied(str(error)) from error
        except Gone as error:
            raise Http404 from error
        else:
            messages.success(request, action.done or _("Done."))
        return redirect(self.here(record))


class RecordDeletionView(RecordMixin):
    """Asks whether a record is to be removed, and removes it."""

    form_for = "delete"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and request.user.may("view", self.kind.model):
            record = self.record()
            if not request.user.may("delete", record):
                raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def page(self, record, problem=""):
        context = {
            "kind": self.kind,
            "record": record,
            "number": getattr(record, "number", None),
            "title": self.kind.subject(record),
            "problem": problem,
            "urls": {"list": self.kind.url("list"), "record": self.kind.url("record", record.pk)},
        }
        return TemplateResponse(self.request, "web/records/delete.html", context)

    def get(self, request, pk):
        record = self.record()
        return self.page(record, record.deletion_problem())

    def post(self, request, pk):
        record = self.record()
        sent = request.POST.get("version", "")
        base = int(sent) if sent.isdecimal() and len(sent) < 18 else None
        try:
            services.delete(record, actor=request.user, via=via_browser(request), base=base)
        except InUse as error:
            return self.page(record, str(error))
        except Conflict:
            return self.page(self.record(), STALE)
        except Gone as error:
            raise Http404 from error
        messages.success(request, _("Removed: “%(name)s”.") % {"name": self.kind.subject(record)})
        return redirect(self.kind.url("list"))


STALE = gettext_lazy(
    "Somebody has changed this since you opened the page. Look at it again before you remove it."
)
