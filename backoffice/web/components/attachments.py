"""Files attached to a message or to a new record. They are uploaded with the form; if the form is invalid,
the page keeps them for the next attempt."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest

from backoffice.db.object_ids import is_object_id
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.ingestion import store_files
from backoffice.uploads.models import Upload

MAX_WAITING = 50
"""The most files that may wait in one upload field."""


@dataclass
class Attachments:
    """The files of one upload field: the accepted ones with their list entries, and the reasons for
    refusals."""

    accepted: list[tuple[Upload, object]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def entries(self) -> list:
        return [entry for _upload, entry in self.accepted]


def collect_attachments(
    request: HttpRequest,
    part: str,
    make_entry: Callable[[str, bool], object],
    record: Entity,
    actor: Actor,
    label: str,
    waiting: list[str],
    documents: bool = True,
) -> Attachments:
    """Return the files of a form field: those that wait from an earlier attempt, then those in the request.
    Of the waiting ones, accept only the user's own uploads. `make_entry` builds a list entry from a URL and
    whether the file is a picture."""
    waiting = [pk for pk in waiting if is_object_id(pk)][:MAX_WAITING]
    own_uploads = Upload.objects.filter(
        pk__in=waiting, company_id=record.home_company_id(), uploaded_by=actor.user_id
    ).in_bulk() if waiting else {}  # fmt: skip
    uploads = [own_uploads[pk] for pk in dict.fromkeys(waiting) if pk in own_uploads]
    received = store_files(request, part, record, actor, label=label, documents=documents)
    uploads += [upload for upload, _picture in received.uploads]
    attachments = Attachments(refusals=received.refusals)
    for upload in uploads:
        url = request.build_absolute_uri(upload.get_absolute_url())
        attachments.accepted.append((upload, make_entry(url, upload.content_type in SHOWN_ON_PAGES)))
    return attachments
