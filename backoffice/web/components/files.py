"""The files of a record as its page lists them."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from backoffice.records.actors import Actor
from backoffice.records.fields import split_uri
from backoffice.records.models import Entity
from backoffice.records.properties import ListPage, ListPages
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.models import Upload
from backoffice.uploads.references import upload_ids
from backoffice.web.page_parts import UploadArea


@dataclass(frozen=True)
class ShownFile:
    """A file with its name and URL, and a thumbnail if it is an uploaded picture."""

    name: str
    url: str
    note: str = ""
    """The size of an uploaded file, the host of any other."""
    thumbnail: str = ""
    address: str = ""
    """The address as it is stored in the record."""


class UploadLookup:
    """Looks up the uploads behind some addresses with one query."""

    def __init__(self, record: Entity, addresses: Iterable[str]):
        ids = upload_ids(addresses)
        uploads = Upload.objects.filter(pk__in=ids, company_id=record.home_company_id()) if ids else ()
        self._uploads = {upload.pk: upload for upload in uploads}

    def describe(self, address: str) -> ShownFile:
        upload = self._uploads.get(next(iter(upload_ids([address])), ""))
        if upload is None:
            parts = split_uri(address)
            name = unquote(parts.path.rpartition("/")[2]) or address
            link = address if parts.scheme in ("http", "https") else ""
            return ShownFile(name, link, parts.netloc, address=address)
        thumbnail = reverse("thumbnail", args=[upload.pk]) if upload.content_type in SHOWN_ON_PAGES else ""
        size = filesizeformat(upload.size)
        return ShownFile(upload.name, upload.get_absolute_url(), size, thumbnail, address)


def address_of(entry) -> str:
    """Return the address in an entry of a list of files."""
    return entry["url"] if isinstance(entry, dict) else entry


def list_files(
    record: Entity, areas: Iterable[UploadArea], actor: Actor, pages: ListPages
) -> list[tuple[UploadArea, list[ShownFile], ListPage]]:
    """Return the files of each upload area that the actor may view, with the page of the list that they are
    from."""
    addresses, page_of = {}, {}
    for area in areas:
        if actor.may("view", record, area.property):
            entries = record.properties[area.property].read(record) or []
            page_of[area] = pages.page(area.property, len(entries))
            addresses[area] = [address_of(entry) for entry in page_of[area].slice(entries)]
    files = UploadLookup(record, [address for listed in addresses.values() for address in listed])
    return [
        (area, [files.describe(address) for address in listed], page_of[area])
        for area, listed in addresses.items()
    ]


def find_file(record: Entity, area: UploadArea, address: str) -> ShownFile | None:
    """Return the file of an upload area at an address; None if it has no such file."""
    entries = record.properties[area.property].read(record) or []
    if address not in map(address_of, entries):
        return None
    return UploadLookup(record, [address]).describe(address)
