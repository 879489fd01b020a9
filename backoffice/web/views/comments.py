"""Comments and files on a record page, and the page for printing."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.conversations.thread import ThreadMessage, find_message
from backoffice.db.transactions import with_retry
from backoffice.forms.shown_values import show_own_changes
from backoffice.mail.models import Delivery
from backoffice.mail.outgoing import find_deliveries, send_again
from backoffice.records import services
from backoffice.records.exceptions import Conflict, Forbidden
from backoffice.records.models import Entity
from backoffice.records.properties import PRINTED_LENGTH, ListPages
from backoffice.web.components.composer import RecordComposer
from backoffice.web.components.detail import list_facts
from backoffice.web.components.files import ShownFile, UploadLookup, address_of, find_file, list_files
from backoffice.web.components.thread import MAX_FILES, build_thread, conversation_properties
from backoffice.web.mixins import browser_context
from backoffice.web.page_parts import UploadArea
from backoffice.web.preserved_forms import is_by_script
from backoffice.web.views.records import RecordMixin, RecordView

EDITED_TEXT = "edited-text"
RECEIVED = "X-Files-Received"
"""The response header that tells the script how many of the files that it sent were added."""


class RecordPartView(RecordView):
    """A view that handles a composer or an upload area. Its fields are in the same `<form>` as the
    record's, so that no other input on the page is lost."""

    http_method_names = ["post"]

    def respond(self, record_composer: RecordComposer, *, is_saved: bool):
        """Redirect to the record page, or render it with the submitted input if anything is not saved yet."""
        request, record = self.request, record_composer.record
        form = self.form(record, request.POST) if "version" in request.POST else None
        if form is not None:
            form = form.without_errors()
        if is_saved and not (
            record_composer.has_unsaved_text or record_composer.has_refusals or (form and form.is_edited())
        ):
            return redirect(self.record_url(record))
        if form is not None:
            show_own_changes(form, request.request_id)
        else:
            form = self.form(record)
        response = self.page(record, form, record_composer=record_composer)
        response["Cache-Control"] = "no-store"  # the submitted input may contain an uncovered secret
        return response

    def read_record_composer(self, action: str = "") -> RecordComposer:
        """Return the record's composers with the submitted input; 403 if the user may not do `action`."""
        record = self.record(action)
        record_composer = RecordComposer(self.viewset, record, self.request.user, self.request.POST)
        record_composer.collect_attachments(self.request)
        return record_composer


class CommentView(RecordPartView):
    """Saves the text of a composer, or inserts a canned answer into it."""

    def post(self, request, pk, name):
        record_composer, context = self.read_record_composer(), browser_context(request)
        composed = record_composer.find(name)
        if composed is None:
            raise PermissionDenied
        if "insert" in request.POST:
            record_composer.insert_canned_answer(composed, request.POST["insert"])
            return self.respond(record_composer, is_saved=False)
        is_saved = record_composer.save_text(composed, context)
        if is_saved:
            messages.success(request, composed.success_message)
        record_composer.add_files(request, context)
        self.report_files(record_composer)
        return self.respond(record_composer, is_saved=is_saved)


class FileUploadView(RecordPartView):
    """Adds files to the upload areas of a record."""

    def post(self, request, pk):
        record_composer = self.read_record_composer("change")
        record_composer.add_files(request, browser_context(request))
        if not record_composer.has_received_files:
            messages.info(request, _("Choose at least one file."))
        self.report_files(record_composer)
        if not is_by_script(request):
            return self.respond(record_composer, is_saved=True)
        response = self.respond(record_composer, is_saved=False)
        response.headers[RECEIVED] = str(record_composer.added_count)
        return response


class MessageEditView(RecordMixin):
    """Edits the text of a message, and removes files from it. It is marked as edited, and the history keeps the earlier text."""

    form_for = "edit_message"

    def find_message(self) -> tuple[Entity, ThreadMessage]:
        """Return the record and the message: 404 if the user sees no such message, 403 if they may not edit it."""
        record, user = self.record(), self.request.user
        has_thread = bool(getattr(record, "conversation", ()))
        message = find_message(record, user, self.kwargs["message"]) if has_thread else None
        if message is None:
            raise Http404
        if not record.may_edit_message(message.kind, {message.kind.author: message.author_id}, user):
            raise PermissionDenied
        return record, message

    def page(self, record: Entity, message: ThreadMessage, text: str, problem: str = "", removed=()):
        edited = message.edited_at.isoformat() if message.edited_at else ""
        files = UploadLookup(record, message.files[:MAX_FILES])
        context = {"message": message, "text": text, "problem": problem, "edited": edited}
        context |= {"files": [files.describe(url) for url in message.files[:MAX_FILES]], "removed": removed}
        delivery = find_deliveries(record, self.viewset.reply_events).get(message.id)
        context["was_mailed"] = delivery is not None and delivery.state == Delivery.State.SENT
        return self.render("web/records/edit_message.html", record, **context)

    def get(self, request, pk, message):
        record, found = self.find_message()
        return self.page(record, found, found.text)

    def post(self, request, pk, message):
        record, found = self.find_message()
        text = request.POST.get(EDITED_TEXT, "").replace("\r\n", "\n").strip()
        removed = request.POST.getlist("remove")[:MAX_FILES]
        if not text:
            return self.page(record, found, text, _("Enter a text."), removed)
        if request.POST.get("edited", "") != (found.edited_at.isoformat() if found.edited_at else ""):
            problem = _(
                "Someone has edited this message since you opened the page: “%(text)s”. Check your text."
            )
            return self.page(record, found, text, problem % {"text": found.text}, removed)
        kind = found.kind
        messages_of_kind = [{"id": each["id"]} for each in getattr(record, kind.messages)]
        edited = next(each for each in messages_of_kind if each["id"] == found.id)
        edited[kind.text] = text
        if removed:
            files = next(each["files"] for each in getattr(record, kind.messages) if each["id"] == found.id)
            edited["files"] = [file for file in files if address_of(file) not in removed]
        try:
            services.update(
                record,
                {kind.messages: messages_of_kind},
                actor=request.user,
                context=browser_context(request),
                base=record.version,
                action="edit_message",
            )
        except ValidationError as error:
            return self.page(record, found, text, " ".join(dict.fromkeys(error.messages)), removed)
        except (Conflict, Forbidden) as error:
            return self.page(record, found, text, str(error), removed)
        messages.success(request, _("Message edited."))
        return redirect(f"{self.record_url(record)}#message-{found.id}")


class SendAgainView(RecordMixin):
    """Queues the e-mail with a message once more, if it was not sent."""

    http_method_names = ["post"]
    form_for = "change"

    def post(self, request, pk, message):
        record = self.record("change")
        delivery = find_deliveries(record, self.viewset.reply_events).get(message)
        if delivery is None:
            raise Http404
        if with_retry(lambda: send_again(delivery)):
            messages.success(request, _("The e-mail is in the queue."))
        else:
            messages.info(request, _("This e-mail is in the queue or was sent already."))
        return redirect(f"{self.record_url(record)}#message-{message}")


class FileRemovalView(RecordMixin):
    """Confirms and performs the removal of a file from an upload area (`?file=` is its address)."""

    form_for = "change"

    def find_file(self, name: str) -> tuple[RecordComposer, UploadArea, ShownFile]:
        """Return the file, its upload area and the record's composers. 404 if there is no such file,
        403 if the user may not change the area."""
        record, user = self.record("change"), self.request.user
        area = next((area for area in self.viewset.upload_areas if area.property == name), None)
        if area and not user.may("change", record, name):
            raise PermissionDenied
        record_composer = RecordComposer(self.viewset, record, user)
        data = self.request.POST if self.request.method == "POST" else self.request.GET
        if area is None or not user.may("view", record, name):
            raise Http404
        file = find_file(record, area, data.get("file", ""))
        if file is None:
            raise Http404
        return record_composer, area, file

    def page(self, record_composer: RecordComposer, area: UploadArea, file: ShownFile, problem=""):
        context = {"area": area, "file": file, "problem": problem}
        return self.render("web/records/remove_file.html", record_composer.record, **context)

    def get(self, request, pk, name):
        return self.page(*self.find_file(name))

    def post(self, request, pk, name):
        record_composer, area, file = self.find_file(name)
        try:
            record_composer.remove_file(area, file.address, browser_context(request))
        except ValidationError as error:
            return self.page(record_composer, area, file, " ".join(error.messages))
        except (Conflict, Forbidden) as error:
            return self.page(record_composer, area, file, str(error))
        messages.success(request, _("Removed: “%(name)s”.") % {"name": file.name})
        return redirect(self.record_url(record_composer.record))


class PrintView(RecordMixin):
    """A record for printing: its facts, files and timeline, without buttons. Secrets stay covered. A page of
    a long list has `PRINTED_LENGTH` elements."""

    def list_pages(self, record):
        return ListPages(self.viewset.url("print", record.pk), self.request.GET, PRINTED_LENGTH)

    def get(self, request, pk):
        record, viewset = self.record(), self.viewset
        pages = self.list_pages(record)
        elsewhere = [area.property for area in viewset.upload_areas] + conversation_properties(record)
        return self.render(
            "web/records/print.html",
            record,
            facts=list_facts(viewset.form_class, record, request.user, exclude=elsewhere, pages=pages),
            thread=build_thread(viewset, record, request.user, "", {}, PRINTED_LENGTH),
            files=list_files(record, viewset.upload_areas, request.user, pages),
            timeline=self.timeline(record),
            printed_at=timezone.now(),
        )
