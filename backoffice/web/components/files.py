"""The files that a record shows, as its page lists them."""

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
    """A file: its name, where it is, and a small picture of it if it is one of ours."""

    name: str
    url: str
    note: str = ""
    """Its size, or the host that it is on."""
    thumbnail: str = ""
    address: str = ""
    """How the record has it."""


class UploadAreaFiles:
    """What is known of the files at some addresses, asked for at once."""

    def __init__(self, record: Entity, addresses: Iterable[str]):
        ids = upload_ids(addresses)
        ours = Upload.objects.filter(pk__in=ids, company_id=record.home_company_id()) if ids else ()
        self._uploads = {upload.pk: upload for upload in ours}

    def shown(self, address: str) -> ShownFile:
        upload = self._uploads.get(next(iter(upload_ids([address])), ""))
        if upload is None:
            parts = split_uri(address)
            name = unquote(parts.path.rpartition("/")[2]) or address
            link = address if parts.scheme in ("http", "https") else ""
            return ShownFile(name, link, parts.netloc, address=address)
        small = reverse("thumbnail", args=[upload.pk]) if upload.content_type in SHOWN_ON_PAGES else ""
        return ShownFile(upload.name, upload.get_absolute_url(), filesizeformat(upload.size), small, address)


def address_of(entry) -> str:
    """The address in an entry of a list of files."""
    return entry["url"] if isinstance(entry, dict) else entry


def in_drawers(
    record: Entity, drawers: Iterable[UploadArea], actor: Actor, pages: ListPages
) -> list[tuple[UploadArea, list[ShownFile], ListPage]]:
    """The files of each drawer that an actor may look into, as far as the page shows them."""
    addresses, page_of = {}, {}
    for drawer in drawers:
        if actor.may("view", record, drawer.property):
            entries = record.properties[drawer.property].read(record) or []
            page_of[drawer] = pages.page(drawer.property, len(entries))
            addresses[drawer] = [address_of(entry) for entry in page_of[drawer].cut(entries)]
    files = UploadAreaFiles(record, [address for found in addresses.values() for address in found])
    return [
        (drawer, [files.shown(address) for address in found], page_of[drawer])
        for drawer, found in addresses.items()
    ]


def file_in_drawer(record: Entity, drawer: UploadArea, address: str) -> ShownFile | None:
    """The file that a drawer has at an address."""
    entries = record.properties[drawer.property].read(record) or []
    if address not in map(address_of, entries):
        return None
    return UploadAreaFiles(record, [address]).shown(address)
