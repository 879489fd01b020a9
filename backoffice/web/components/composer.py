"""Composers and upload areas of a record page: comments, answers and files. Each is saved as an update of the
record."""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import override

from backoffice.accounts.request_keys import part_key
from backoffice.mail.customer_mails import describe_recipient, report_mail
from backoffice.notifications.services import find_mention_trigger
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden, RecordDeleted
from backoffice.records.idempotency import KeyInUse, RequestKey, find_repeated, recheck_key
from backoffice.records.models import ACTIVE, Entity
from backoffice.uploads.cleanup import remove_upload
from backoffice.uploads.ingestion import UploadResult, store_files
from backoffice.uploads.models import Upload
from backoffice.uploads.references import upload_ids
from backoffice.web.components.attachments import Attachments, collect_attachments
from backoffice.web.components.composer_state import ComposerState, UploadAreaState
from backoffice.web.components.files import address_of
from backoffice.web.page_parts import Composer, UploadArea
from backoffice.web.viewsets import RecordViewSet
from backoffice.workplace.models import CannedAnswer
from backoffice.workplace.placeholders import fill_placeholders, find_placeholders

MAX_ATTEMPTS = 5
"""How often an addition is tried when concurrent updates conflict with it."""
MAX_CANNED_ANSWERS = 200
"""The most canned answers that a page offers."""


class RecordComposer:
    """The composers and upload areas of a record page for one actor, filled from `data`, if given."""

    def __init__(self, viewset: RecordViewSet, record: Entity, actor: Actor, data=None):
        self.viewset, self.record, self.actor = viewset, record, actor
        self.request = None

        def may_write(action, part):
            return actor.may(action, record) and actor.may("change", record, part.property)

        areas = [area for area in viewset.upload_areas if may_write("change", area)]
        composers = [composer for composer in viewset.composers if may_write(composer.action, composer)]
        self.composer_states = [self._read_composer(composer, data) for composer in composers]
        self.can_remove_from = {area.property for area in areas}
        """The properties of the upload areas from which this actor may remove files."""
        self.upload_area_states = [UploadAreaState(area) for area in areas if actor.may("add", Upload)]
        if any(composed.composer.for_customer for composed in self.composer_states):
            self._load_canned_answers()

    def _read_composer(self, composer: Composer, data) -> ComposerState:
        composed = ComposerState(composer)
        composed.can_attach = self.actor.may("add", Upload)
        composed.delivery_note = describe_recipient(composer.mails, self.record) if composer.mails else ""
        mentions = find_mention_trigger(type(self.record))
        if mentions is not None and mentions.property == composer.property:
            composed.mentions_url = self.viewset.url("mentions", self.record.pk)
        if data is not None and composed.name in data:
            composed.text = data[composed.name].replace("\r\n", "\n").replace("\r", "\n").strip()
            composed.is_submitted = f"{composed.name}-send" in data
            composed.selected_answer = data.get(f"{composed.name}-canned", "")
        return composed

    def _load_canned_answers(self) -> None:
        if not self.actor.may("view", CannedAnswer):
            return
        queryset = CannedAnswer.objects.visible_to(self.actor).filter(
            company_id=self.record.home_company_id(), status=ACTIVE
        )
        answers = list(queryset[:MAX_CANNED_ANSWERS])
        with override(self.record.company.language):  # that of mails to customers
            values = self.placeholders() if answers else {}
        canned = [(answer, fill_placeholders(answer.text, values)) for answer in answers]
        for composed in self.composer_states:
            if composed.composer.for_customer:
                composed.canned_answers = canned

    def placeholders(self) -> dict[str, str]:
        """Return the values of the placeholders in canned answers."""
        return {
            "number": str(getattr(self.record, "number", "")),
            "me": self.actor.get_full_name(),
            "company": str(self.record.company),
            "today": formats.date_format(timezone.localdate()),
        } | self.viewset.placeholders(self.record, self.actor)

    def find(self, name: str) -> ComposerState | None:
        return next((composed for composed in self.composer_states if composed.composer.name == name), None)

    @property
    def has_unsaved_text(self) -> bool:
        """Whether any composer has text or files that are not saved yet."""
        return any(composed.is_written for composed in self.composer_states)

    @property
    def has_refusals(self) -> bool:
        states = (*self.upload_area_states, *self.composer_states)
        return any(state.attachments.refusals for state in states)

    @property
    def has_errors(self) -> bool:
        """Whether anything was refused."""
        return self.has_refusals or any(composed.error for composed in self.composer_states)

    @property
    def accepts_documents(self) -> bool:
        return any(pending.area.accepts_documents for pending in self.upload_area_states)

    @property
    def added_count(self) -> int:
        """How many files were added."""
        return sum(pending.added_count for pending in self.upload_area_states)

    @property
    def has_received_files(self) -> bool:
        """Whether the request contained any file."""
        return bool(self.added_count) or self.has_refusals

    def collect_attachments(self, request, data=None) -> None:
        """Attach the request's files to the composers. `data` replaces `request.POST`, as for a restored
        form."""
        self.request = request
        for composed in self.composer_states:
            if composed.can_attach:
                waiting = (request.POST if data is None else data).getlist(f"{composed.name}-waiting")
                part, entry = f"{composed.name}-files", composed.composer.build_attachment
                composed.attachments = collect_attachments(
                    request, part, entry, self.record, self.actor, self.viewset.slug, waiting
                )
                composed.error = " ".join(composed.attachments.refusals)

    def insert_canned_answer(self, composed: ComposerState, pressed_id: str) -> None:
        """Append the canned answer whose button was pressed, or the one selected, to the text."""
        ids = (pressed_id, composed.selected_answer)
        text = next((text for answer, text in composed.canned_answers if answer.pk in ids), None)
        if text is None:
            composed.error = _("Choose a saved reply.")
            return
        composed.text = f"{composed.text}\n\n{text}" if composed.text else text
        composed.selected_answer = ""

    def save_text(self, composed: ComposerState, context: ChangeContext) -> bool:
        """Save a composer's text. If it is refused, set the composer's error and return False."""
        composer = composed.composer
        composed.error = " ".join(composed.attachments.refusals) or self._find_error(composed)
        if composed.error:
            return False
        try:
            files = [_fingerprint(upload) for upload, _entry in composed.attachments.accepted]
            key = self._request_key(composer.name, composed.text, *files)
            if find_repeated(key):
                raise KeyInUse
            planned = self._change(
                composer.property,
                lambda old: self._append(composed, old),
                replace(context, request_key=key),
                action=composer.action,
            )
            if composer.mails is not None:
                composed.report = report_mail(planned, _("No e-mail was sent."))
        except ValidationError as error:
            composed.error = " ".join(dict.fromkeys(error.messages))
        except (Conflict, Forbidden) as error:
            composed.error = str(error)
        except KeyInUse:
            composed.is_repeated = True
        if not composed.error:
            composed.text = ""
            composed.attachments = Attachments()
        return not composed.error

    def _request_key(self, *parts: str) -> RequestKey | None:
        """Return the idempotency key of an addition, so that a form sent twice adds it once."""
        if self.request is None:
            return None
        return part_key(self.request, self.viewset.url("record", self.record.pk), *parts)

    def _find_error(self, composed: ComposerState) -> str:
        """Return why the text cannot be saved; empty if it can."""
        if not composed.text:
            return _("Enter a text.")
        if not composed.composer.for_customer:
            return ""
        if missing := find_placeholders(composed.text):
            names = {"names": get_text_list(missing, _("and"))}
            return _("Replace %(names)s: the customer would see this as it is.") % names
        if not composed.is_submitted:
            labels = {"send": composed.composer.button_label}
            return _("Not saved yet. If this is for the customer, press “%(send)s”.") % labels
        return ""

    def _append(self, composed: ComposerState, old: list[dict]) -> list[dict]:
        """Return the messages with the composer's text as a new one."""
        files = {"files": composed.attachments.entries} if composed.attachments.accepted else {}
        known = [{"id": message["id"]} for message in old]
        return [*known, {composed.composer.kind.text: composed.text} | files]

    def _change(
        self, name: str, compute, context: ChangeContext, action: str = "change"
    ) -> services.PlannedWrite:
        """Set a property to `compute(current value)`. On a conflict, reload the record and compute again:
        additions and removals do not depend on what others changed."""
        for attempt in range(MAX_ATTEMPTS):
            record = self._reload()
            values = {name: compute(record.properties[name].read(record))}
            try:
                with recheck_key(context.request_key):
                    planned = services.update(
                        record, values, actor=self.actor, context=context, base=record.version, action=action
                    )
            except Conflict:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
            else:
                self.record = planned.record
                return planned
        raise RecordDeleted()

    def _reload(self) -> Entity:
        record = self.actor.find_visible(type(self.record), self.record.pk)
        if record is None:
            raise RecordDeleted()
        return record

    def remove_file(self, area: UploadArea, address: str, context: ChangeContext) -> None:
        """Remove the file at an address from an upload area. Removing a file that is gone already is no
        error."""
        self._change(
            area.property, lambda old: [entry for entry in old if address_of(entry) != address], context
        )

    def add_files(self, request, context: ChangeContext) -> None:
        """Add the request's files to the upload areas that they were sent for."""
        self.request = request
        for pending in self.upload_area_states:
            area = pending.area
            received = store_files(
                request,
                pending.name,
                self.record,
                self.actor,
                label=self.viewset.slug,
                documents=area.accepts_documents,
            )
            pending.attachments.refusals = received.refusals
            if received.uploads:
                self._add_files_to(pending, received, request, context)

    def _fingerprints_in(self, area: UploadArea) -> set[str]:
        entries = self.record.properties[area.property].read(self.record) or []
        uploads = Upload.objects.filter(pk__in=upload_ids(map(address_of, entries)))
        return {_fingerprint(upload) for upload in uploads}

    def _add_files_to(
        self, pending: UploadAreaState, received: UploadResult, request, context: ChangeContext
    ) -> None:
        area = pending.area
        try:
            parts = [area.property, *(_fingerprint(upload) for upload, _picture in received.uploads)]
            key, present = self._request_key(*parts), set()
            if find_repeated(key):  # sent twice: add again only the files that were removed since
                key = self._request_key(*parts, str(self.record.version))
                present = self._fingerprints_in(area)
            entries = [
                area.build_entry(request.build_absolute_uri(upload.get_absolute_url()), is_picture)
                for upload, is_picture in received.uploads
                if _fingerprint(upload) not in present
            ]
            if entries:
                self._change(area.property, lambda old: [*old, *entries], replace(context, request_key=key))
            for upload, _picture in received.uploads:
                if _fingerprint(upload) in present:
                    remove_upload(upload)
        except KeyInUse:  # a concurrent request with the same form has added them
            for upload, _picture in received.uploads:
                remove_upload(upload)
            pending.added_count = len(received.uploads)
        except (ValidationError, Conflict, Forbidden, RecordDeleted) as error:
            for upload, _picture in received.uploads:
                remove_upload(upload)
            if isinstance(error, RecordDeleted):
                raise
            pending.attachments.refusals += (
                error.messages if isinstance(error, ValidationError) else [str(error)]
            )
        else:
            pending.added_count = len(received.uploads)


def _fingerprint(upload: Upload) -> str:
    """Return what identifies a file: the hash of its contents and its name."""
    return f"{upload.sha256} {upload.name}"
