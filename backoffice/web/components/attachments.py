"""Files that go along with what is said, or with a new record: they come with the form, and wait on the page until all of
it is right."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.http import HttpRequest

from backoffice.db.object_ids import is_object_id
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.ingestion import receive
from backoffice.uploads.models import Upload

MOST = 50
"""How many files may wait in one box."""


@dataclass
class Attached:
    """The files of one box: those that were taken, as entries of the list they go into, and why others were not."""

    taken: list[tuple[Upload, object]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def entries(self) -> list:
        return [entry for _upload, entry in self.taken]


def attached(
    request: HttpRequest,
    part: str,
    make_entry: Callable[[str, bool], object],
    record: Entity,
    actor: Actor,
    label: str,
    waiting: list[str],
    documents: bool = True,
) -> Attached:
    """What came in a part of a form, behind what came earlier and waits: of that only what this person sent
    themselves. `make_entry` makes an entry of an address, and whether it is a picture's."""
    waiting = [pk for pk in waiting if is_object_id(pk)][:MOST]
    mine = Upload.objects.filter(
        pk__in=waiting, company_id=record.home_company_id(), uploaded_by=actor.user_id
    ).in_bulk() if waiting else {}  # fmt: skip
    uploads = [mine[pk] for pk in dict.fromkeys(waiting) if pk in mine]
    received = receive(request, part, record, actor, label=label, documents=documents)
    uploads += [upload for upload, _picture in received.uploads]
    taken = [
        (
            upload,
            make_entry(
                request.build_absolute_uri(upload.get_absolute_url()), upload.content_type in SHOWN_ON_PAGES
            ),
        )
        for upload in uploads
    ]
    return Attached(taken, received.refused)
