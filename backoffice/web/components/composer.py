"""What is written and put on a record's page beside its form: comments, answers, files. Each is a change of the
record like any other."""

from dataclasses import dataclass, field, replace

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import formats, timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from backoffice.accounts.request_keys import part_key
from backoffice.forms.answer_confirmation import LABEL, is_replaced, replacement_error
from backoffice.forms.fields import as_compared
from backoffice.records import services
from backoffice.records.actors import Actor, ChangeContext
from backoffice.records.exceptions import Conflict, Forbidden, Gone
from backoffice.records.history import record_at
from backoffice.records.idempotency import KeyInUse, RequestKey, find_repeated, recheck_key
from backoffice.records.models import ACTIVE, Entity
from backoffice.uploads.cleanup import remove_upload
from backoffice.uploads.ingestion import MAX_FILES, Received, receive
from backoffice.uploads.models import Upload
from backoffice.uploads.references import upload_ids
from backoffice.web.components.attachments import Attached, attached
from backoffice.web.components.files import address_of
from backoffice.web.page_parts import Composer, UploadArea
from backoffice.web.viewsets import RecordViewSet
from backoffice.workplace.models import CannedAnswer
from backoffice.workplace.placeholders import filled, unfilled

NOBODY_WAS_FASTER = 5
"""How often something is added afresh because somebody else added meanwhile."""
OFFERED = 200
"""How many canned answers a page offers."""
AT_HAND = 5
"""How many of them are one press away; the others are chosen first."""


@dataclass
class ComposedText:
    """A box on a page: what is in it, and what came of it."""

    box: Composer
    text: str = ""
    present: str = ""
    """What the property says now, where it is said anew."""
    seen: int = 0
    """The version of the record that its writer saw."""
    sent: bool = False
    """Whether its own button was pressed: what the customer is to read is not sent along with the form."""
    replaces: bool = False
    """Whether it was confirmed that the text replaces the present one."""
    chosen: str = ""
    error: str = ""
    is_repeated: bool = False
    """Whether the same form has added it before."""
    attaches: bool = False
    """Whether files may go along."""
    attached: Attached = field(default_factory=Attached)
    canned: list[tuple[CannedAnswer, str]] = field(default_factory=list)
    """Each with its text for this record."""

    @property
    def name(self) -> str:
        return f"say-{self.box.name}"

    @property
    def done(self) -> str:
        """What to say once it is on the record."""
        return _("This was sent twice and added once.") if self.is_repeated else self.box.done

    @property
    def replace_label(self) -> str:
        return str(LABEL)

    @property
    def at_hand(self) -> list[tuple[CannedAnswer, str]]:
        return self.canned[:AT_HAND]

    @property
    def others(self) -> list[tuple[CannedAnswer, str]]:
        return self.canned[AT_HAND:]

    @property
    def is_open(self) -> bool:
        return not self.box.folded or bool(self.error) or self.is_written

    @property
    def is_written(self) -> bool:
        return bool(self.attached.taken) or (bool(self.text) and self.text != self.present.strip())


@dataclass
class PendingFiles:
    """A drawer on a page, and what came of the files for it."""

    drawer: UploadArea
    refused: list[str] = field(default_factory=list)
    added: int = 0

    @property
    def name(self) -> str:
        return f"files-{self.drawer.property}"


class RecordComposer:
    """The boxes and drawers of one record's page, for one person; with what they sent, if they did."""

    def __init__(self, kind: RecordViewSet, record: Entity, actor: Actor, data=None):
        self.kind, self.record, self.actor = kind, record, actor
        self.request = None
        may = actor.may("change", record)
        boxes = [box for box in kind.boxes if may and actor.may("change", record, box.property)]
        self.writings = [self._writing(box, data) for box in boxes]
        self.may_take_out = {
            drawer.property for drawer in kind.drawers if may and actor.may("change", record, drawer.property)
        }
        """The drawers out of which this person may take files."""
        may_send = may and actor.may("add", Upload)
        drawers = kind.drawers if may_send else ()
        self.fillings = [
            PendingFiles(drawer) for drawer in drawers if actor.may("change", record, drawer.property)
        ]
        if any(writing.box.for_customer for writing in self.writings):
            self._offer()

    def _writing(self, box: Composer, data) -> ComposedText:
        present = "" if box.adds else self.record.properties[box.property].read(self.record) or ""
        writing = ComposedText(box, present, present, self.record.version)
        writing.attaches = box.attach is not None and self.actor.may("add", Upload)
        if data is not None and writing.name in data:
            writing.text = data[writing.name].replace("\r\n", "\n").replace("\r", "\n").strip()
            seen = data.get(f"{writing.name}-version", "")
            if seen.isdecimal() and len(seen) < 18:
                writing.seen = min(int(seen), self.record.version)
            writing.sent = f"{writing.name}-send" in data
            writing.replaces = f"{writing.name}-replace" in data
            writing.chosen = data.get(f"{writing.name}-canned", "")
            is_stale = writing.is_written and not box.adds and writing.seen < self.record.version
            if is_stale and writing.text == self._text_seen(writing).strip():
                writing.text = present.strip()  # nobody touched it: what is there now came by another way
                writing.seen = self.record.version
        return writing

    def _text_seen(self, writing: ComposedText) -> str:
        """What the property said in the version that the writer saw."""
        before = record_at(self.record, writing.seen)
        return before.properties[writing.box.property].read(before) or ""

    def _offer(self) -> None:
        if not self.actor.may("view", CannedAnswer):
            return
        found = CannedAnswer.objects.visible_to(self.actor).filter(
            company_id=self.record.home_company_id(), status=ACTIVE
        )
        answers = list(found[:OFFERED])
        values = self.placeholders() if answers else {}
        offered = [(answer, filled(answer.text, values)) for answer in answers]
        for writing in self.writings:
            if writing.box.for_customer:
                writing.canned = offered

    def placeholders(self) -> dict[str, str]:
        """What canned answers say of this record, and of whoever answers."""
        return {
            "number": str(getattr(self.record, "number", "")),
            "me": self.actor.get_full_name(),
            "company": str(self.record.company),
            "today": formats.date_format(timezone.localdate()),
        } | self.kind.placeholders(self.record, self.actor)

    def of(self, name: str) -> ComposedText | None:
        return next((writing for writing in self.writings if writing.box.name == name), None)

    @property
    def unsent(self) -> bool:
        """Whether something was written that is not said yet."""
        return any(writing.is_written for writing in self.writings)

    @property
    def refused(self) -> bool:
        return any(filling.refused for filling in self.fillings) or any(
            writing.attached.refused for writing in self.writings
        )

    @property
    def troubled(self) -> bool:
        """Whether something was refused that somebody has to be told."""
        return self.refused or any(writing.error for writing in self.writings)

    @property
    def accepts_documents(self) -> bool:
        return any(filling.drawer.documents for filling in self.fillings)

    @property
    def limit(self) -> int:
        """The size of the largest file that is taken, in MB."""
        return settings.UPLOAD_MAX_MB

    @property
    def most_files(self) -> int:
        """How many files one request may bring."""
        return MAX_FILES

    @property
    def added(self) -> int:
        """How many files were taken."""
        return sum(filling.added for filling in self.fillings)

    @property
    def received(self) -> bool:
        """Whether any file came."""
        return bool(self.added) or self.refused

    # What is done with it:

    def attach(self, request, data=None) -> None:
        """Take the files that came to go along with what is said. `data` is what was sent, if that is not the
        request's own."""
        self.request = request
        for writing in self.writings:
            if writing.attaches:
                waiting = (request.POST if data is None else data).getlist(f"{writing.name}-waiting")
                part, entry = f"{writing.name}-files", writing.box.attach
                writing.attached = attached(
                    request, part, entry, self.record, self.actor, self.kind.slug, waiting
                )
                writing.error = " ".join(writing.attached.refused)

    def insert(self, writing: ComposedText, pressed: str) -> None:
        """Put the canned answer whose button was pressed, or the chosen one, behind what was written."""
        wanted = (pressed, writing.chosen)
        text = next((text for answer, text in writing.canned if answer.pk in wanted), None)
        if text is None:
            writing.error = _("Choose a canned answer first.")
            return
        writing.text = f"{writing.text}\n\n{text}" if writing.text else text
        writing.chosen = ""

    def say(self, writing: ComposedText, via: ChangeContext) -> bool:
        """Say what is in a box; False if it was refused, and the box says why."""
        box = writing.box
        writing.error = " ".join(writing.attached.refused) or self._wrong(writing)
        if writing.error:
            return False
        try:
            if box.adds:
                files = [_contents_of(upload) for upload, _entry in writing.attached.taken]
                key = self._key_of(box.name, writing.text, *files)
                if find_repeated(key):
                    raise KeyInUse
                self._change(
                    box.property, lambda old: self._with(writing, old), replace(via, request_key=key)
                )
            else:
                values = {box.property: writing.text}
                draft = services.update(self.record, values, actor=self.actor, via=via, base=writing.seen)
                self.record = draft.record
        except ValidationError as error:
            writing.error = " ".join(error.messages)
        except Conflict as error:
            self._tell(writing, error)
        except Forbidden as error:
            writing.error = str(error)
        except KeyInUse:
            writing.is_repeated = True
        if not writing.error:
            writing.text = writing.present = "" if box.adds else writing.text
            writing.attached = Attached()
        return not writing.error

    def _key_of(self, *parts: str) -> RequestKey | None:
        """The key of something that this page's form adds, so that it is added once however often it is sent."""
        return (
            part_key(self.request, self.kind.url("record", self.record.pk), *parts) if self.request else None
        )

    def _wrong(self, writing: ComposedText) -> str:
        if not writing.text:
            return _("Write something first.")
        if not writing.box.for_customer:
            return ""
        if missing := unfilled(writing.text):
            names = {"names": get_text_list(missing, _("and"))}
            return _("Put something in the place of %(names)s: the customer would read it as it is.") % names
        if not writing.sent:
            told = {"send": writing.box.send}
            return _("Not saved yet: press “%(send)s” if this is for the customer.") % told
        is_unasked = not writing.replaces and is_replaced(writing.present, writing.text)
        if is_unasked and self._text_seen(writing) == writing.present:  # (else the conflict shows it)
            writing.seen = self.record.version
            return replacement_error(writing.present)
        return ""

    def _with(self, writing: ComposedText, old):
        box, text = writing.box, writing.text
        if box.part:
            files = {"files": writing.attached.entries} if writing.attached.taken else {}
            return [*old, {box.part: text} | files]
        joined = f"{old.rstrip()}\n\n{text}" if old and old.strip() else text
        return as_compared(joined).replace("\n", "\r\n") if "\r\n" in (old or "") else joined

    def _change(self, name: str, made, via: ChangeContext) -> None:
        """Change a property to what `made` makes of it, afresh if somebody else was faster: what is only added, or
        taken out, is in nobody's way."""
        for attempt in range(NOBODY_WAS_FASTER):
            found = type(self.record).objects.visible_to(self.actor)
            record = found.filter(pk=self.record.pk).first()
            if record is None:
                raise Gone()
            values = {name: made(record.properties[name].read(record))}
            try:
                with recheck_key(via.request_key):
                    draft = services.update(record, values, actor=self.actor, via=via, base=record.version)
            except Conflict:
                if attempt == NOBODY_WAS_FASTER - 1:
                    raise
            else:
                self.record = draft.record
                return

    def _tell(self, writing: ComposedText, error: Conflict) -> None:
        """Somebody else answered meanwhile: show it, and ask whether this one replaces it."""
        present = type(self.record).objects.visible_to(self.actor).filter(pk=self.record.pk).first()
        if present is None:
            raise Gone()
        self.record = present
        clash = next((clash for clash in error.clashes if clash.who), None)
        if error.is_combined or clash is None:
            writing.error = str(error)
            return
        writing.present = self.record.properties[writing.box.property].read(self.record) or ""
        writing.seen, writing.replaces = self.record.version, False
        told = {"who": clash.who, "theirs": writing.present, "replace": LABEL}
        text = _("Not saved: %(who)s answered meanwhile: “%(theirs)s”. To replace it, tick “%(replace)s”.")
        writing.error = text % told

    def take_out(self, drawer: UploadArea, address: str, via: ChangeContext) -> None:
        """Take the file at an address out of a drawer. Whoever did so first has done it for both."""
        self._change(
            drawer.property, lambda old: [entry for entry in old if address_of(entry) != address], via
        )

    def put(self, request, via: ChangeContext) -> None:
        """Put the files that came into the drawers they came for."""
        self.request = request
        for filling in self.fillings:
            drawer = filling.drawer
            received = receive(
                request,
                filling.name,
                self.record,
                self.actor,
                label=self.kind.slug,
                documents=drawer.documents,
            )
            filling.refused = received.refused
            if received.uploads:
                self._put(filling, received, request, via)

    def _contents_in(self, drawer: UploadArea) -> set[str]:
        """What the files are that a drawer has."""
        entries = self.record.properties[drawer.property].read(self.record) or []
        uploads = Upload.objects.filter(pk__in=upload_ids(map(address_of, entries)))
        return {_contents_of(upload) for upload in uploads}

    def _put(self, filling: PendingFiles, received: Received, request, via: ChangeContext) -> None:
        drawer = filling.drawer
        try:
            parts = [drawer.property, *(_contents_of(upload) for upload, _picture in received.uploads)]
            key, present = self._key_of(*parts), set()
            if find_repeated(key):  # they came twice: what was removed since is put again
                key, present = self._key_of(*parts, str(self.record.version)), self._contents_in(drawer)
            entries = [
                drawer.entry(request.build_absolute_uri(upload.get_absolute_url()), is_picture)
                for upload, is_picture in received.uploads
                if _contents_of(upload) not in present
            ]
            if entries:
                self._change(drawer.property, lambda old: [*old, *entries], replace(via, request_key=key))
            for upload, _picture in received.uploads:
                if _contents_of(upload) in present:
                    remove_upload(upload)
        except KeyInUse:  # they came twice at once, and are there
            for upload, _picture in received.uploads:
                remove_upload(upload)
            filling.added = len(received.uploads)
        except (ValidationError, Conflict, Forbidden, Gone) as error:
            for upload, _picture in received.uploads:
                remove_upload(upload)
            if isinstance(error, Gone):
                raise
            filling.refused += error.messages if isinstance(error, ValidationError) else [str(error)]
        else:
            filling.added = len(received.uploads)


def _contents_of(upload: Upload) -> str:
    """What tells a file from others: its contents and its name."""
    return f"{upload.sha256} {upload.name}"
