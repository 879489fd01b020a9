"""What a record's page has beside its form: boxes to write in, drawers for files, the same on paper."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.forms.shown_values import show_own_changes
from backoffice.records.exceptions import Conflict, Forbidden, Gone
from backoffice.records.properties import PRINTED, ListPages
from backoffice.web.components.composer import RecordComposer
from backoffice.web.components.detail import list_facts
from backoffice.web.components.files import ShownFile, file_in_drawer, in_drawers
from backoffice.web.mixins import via_browser
from backoffice.web.page_parts import UploadArea
from backoffice.web.preserved_forms import is_by_script
from backoffice.web.views.records import RecordMixin, RecordView

RECEIVED = "X-Files-Received"
"""Tells a script that an answer is about the files that it sent, and how many were taken."""


class RecordPartView(RecordView):
    """What is sent from beside the form of a record's page: it is in the same form, so that nothing that was typed
    elsewhere on the page is lost."""

    http_method_names = ["post"]

    def answer(self, desk: RecordComposer, *, done: bool):
        """The record's page afresh; as it was sent if something on it is not done yet."""
        request = self.request
        form = None
        if "version" in request.POST:
            form = self.kind.form_class(request.POST, actor=request.user, instance=desk.record).unjudged()
        if done and not (desk.unsent or desk.refused or (form and form.is_edited())):
            return redirect(self.here(desk.record))
        if form is not None:
            show_own_changes(form, request.request_id)
        else:
            form = self.kind.form_class(actor=request.user, instance=desk.record)
        response = self.page(desk.record, form, desk=desk)
        response["Cache-Control"] = "no-store"  # an uncovered secret may be among what was sent
        return response

    def sent(self) -> RecordComposer:
        record = self.record()
        if not self.request.user.may("change", record):
            raise PermissionDenied
        desk = RecordComposer(self.kind, record, self.request.user, self.request.POST)
        desk.attach(self.request)
        return desk


class CommentView(RecordPartView):
    """Says what was written into one of the boxes, or puts a canned answer into it."""

    def post(self, request, pk, name):
        desk, via = self.sent(), via_browser(request)
        writing = desk.of(name)
        if writing is None:
            raise PermissionDenied
        try:
            if "insert" in request.POST:
                desk.insert(writing, request.POST["insert"])
                return self.answer(desk, done=False)
            done = desk.say(writing, via)
            if done:
                messages.success(request, writing.done)
            desk.put(request, via)
        except Gone as error:
            raise Http404 from error
        self.tell_of_files(desk)
        return self.answer(desk, done=done)


class FileUploadView(RecordPartView):
    """Puts files into the drawers of a record."""

    def post(self, request, pk):
        desk = self.sent()
        try:
            desk.put(request, via_browser(request))
        except Gone as error:
            raise Http404 from error
        if not desk.received:
            messages.info(request, _("Choose files first."))
        self.tell_of_files(desk)
        if not is_by_script(request):
            return self.answer(desk, done=True)
        response = self.answer(desk, done=False)
        response.headers[RECEIVED] = str(desk.added)
        return response


class FileRemovalView(RecordMixin):
    """Asks whether a file is to be taken out of a drawer (`?file=` is its address), and takes it out."""

    form_for = "change"

    def asked(self, name: str) -> tuple[RecordComposer, UploadArea, ShownFile]:
        """The file, where it is, and the desk that takes it out. 404 if it is not there."""
        record, user = self.record(), self.request.user
        drawer = next((drawer for drawer in self.kind.drawers if drawer.property == name), None)
        if not user.may("change", record) or (drawer and not user.may("change", record, name)):
            raise PermissionDenied
        desk = RecordComposer(self.kind, record, user)
        given = self.request.POST if self.request.method == "POST" else self.request.GET
        if drawer is None or not user.may("view", record, name):
            raise Http404
        file = file_in_drawer(record, drawer, given.get("file", ""))
        if file is None:
            raise Http404
        return desk, drawer, file

    def page(self, desk: RecordComposer, drawer: UploadArea, file: ShownFile, problem=""):
        record = desk.record
        context = {
            "kind": self.kind,
            "record": record,
            "number": getattr(record, "number", None),
            "title": self.kind.subject(record),
            "drawer": drawer,
            "file": file,
            "problem": problem,
            "list_asked": self.list_asked,
            "urls": {"list": self.kind.url("list"), "record": self.here(record)},
        }
        return TemplateResponse(self.request, "web/records/remove_file.html", context)

    def get(self, request, pk, name):
        return self.page(*self.asked(name))

    def post(self, request, pk, name):
        desk, drawer, file = self.asked(name)
        try:
            desk.take_out(drawer, file.address, via_browser(request))
        except ValidationError as error:
            return self.page(desk, drawer, file, " ".join(error.messages))
        except (Conflict, Forbidden) as error:
            return self.page(desk, drawer, file, str(error))
        except Gone as error:
            raise Http404 from error
        messages.success(request, _("Removed: “%(name)s”.") % {"name": file.name})
        return redirect(self.here(desk.record))


class PrintView(RecordMixin):
    """A record on paper: what it is and what happened, without what one presses. Secrets stay covered.
    Of a long list it has `PRINTED` elements."""

    def list_pages(self, record):
        """(Its own page leads to the others.)"""
        return ListPages(self.kind.url("print", record.pk), self.request.GET, PRINTED)

    def get(self, request, pk):
        record = self.record()
        told = self.timeline(record)
        pages = self.list_pages(record)
        context = {
            "kind": self.kind,
            "record": record,
            "number": getattr(record, "number", None),
            "title": self.kind.subject(record),
            "facts": list_facts(
                self.kind.form_class,
                record,
                request.user,
                but=[drawer.property for drawer in self.kind.drawers],
                pages=pages,
            ),
            "drawers": in_drawers(record, self.kind.drawers, request.user, pages),
            "timeline": told,
            "printed_at": timezone.now(),
            "urls": {"record": self.kind.url("record", record.pk)},
        }
        return TemplateResponse(request, "web/records/print.html", context)
