"""References from records to uploads, which decide who may see an upload."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.apps import apps

from backoffice.db.compat import subquery_ids
from backoffice.db.object_ids import is_object_id
from backoffice.db.queries import CompiledQuery
from backoffice.records.actors import Actor
from backoffice.records.models import Entity
from backoffice.records.properties import ElementsProperty
from backoffice.uploads.cleanup import delete_unshown
from backoffice.uploads.models import Upload, UploadUse

_URL = re.compile(r"https?://[^?#]*/uploads/([0-9a-f]{24})/", re.IGNORECASE)


class UploadReferencesMixin:
    """For models that contain URLs of uploads: keeps `UploadUse` up to date."""

    shows_uploads_in: tuple[str, ...] = ()
    """The properties with URLs: lists of URLs, or of sub-documents that have a `url` or a list of URLs, `files`."""

    def after_write(self, planned):
        super().after_write(planned)
        if planned.action == "remove":
            _sync_uses(self, set(), planned.at)
            return
        touched = {entry["property"].split(".")[0] for entry in planned.changes} & {*self.shows_uploads_in}
        if planned.before is None:
            _sync_uses(self, _shown_in(self, touched), planned.at, new=True)
        elif _shown_in(planned.before, touched) != _shown_in(self, touched):
            _sync_uses(self, _shown_in(self, self.shows_uploads_in), planned.at)

    def after_redaction(self, texts):
        """Delete the files whose URLs are redacted and that no other record shows."""
        super().after_redaction(texts)
        delete_unshown(Upload.objects.filter(pk__in=upload_ids(texts), company_id=self.home_company_id()))


def _shown_in(record: Entity, names: Iterable[str]) -> set[str]:
    """Return the ids of the uploads that some properties show."""
    props = [record.properties[name] for name in names]
    return upload_ids(url for prop in props for url in _read_urls(prop, prop.read(record)))


def _read_urls(prop, value: list) -> Iterator[str]:
    if not isinstance(prop, ElementsProperty):
        yield from value
        return
    for element in value:
        if "url" in element:
            yield element["url"]
        elif "files" in prop.fields:
            yield from element["files"]
        for name, nested in prop.nested.items():
            yield from _read_urls(nested, element[name])


def upload_ids(urls: Iterable[str]) -> set[str]:
    """Return the ids of the uploads that URLs point to, whatever the host: hosts change."""
    return {match[1].lower() for url in urls if (match := _URL.match(url))}


_STORED_USES = CompiledQuery(
    lambda record_type, pk: UploadUse.objects.filter(record_type=record_type, record_id=pk).values_list(
        "upload_id"
    )
)
"""The uploads that a record shows, before the change."""


def _sync_uses(record: Entity, shown: set[str], at: datetime, new: bool = False) -> None:
    """Write which uploads a record shows. URLs of another company's uploads, or of no upload at all, do not
    count."""
    reference = {"record_type": record._meta.label_lower, "record_id": record.pk}
    stored = set() if new else {pk for (pk,) in _STORED_USES(*reference.values())}
    if removed := stored - shown:
        UploadUse.objects.filter(**reference, upload_id__in=removed).delete()
        Upload.objects.filter(pk__in=removed).update(let_go_at=at)
    if added := shown - stored:
        uploads = Upload.objects.filter(pk__in=added, company_id=record.home_company_id())
        UploadUse.objects.bulk_create(
            UploadUse(upload_id=pk, **reference) for pk in uploads.values_list("pk", flat=True)
        )


def find_upload(actor: Actor, pk: str) -> Upload | None:
    """Return the upload if the actor may see it: as its uploader, or through a record that shows it."""
    if not is_object_id(pk):
        return None
    upload = actor.scope(Upload.objects.filter(pk=pk)).first()
    if upload is None or actor.may("view", upload) or _is_shown_to(actor, upload):
        return upload
    return None


def _is_shown_to(actor: Actor, upload: Upload) -> bool:
    for record_type in upload.uses.values_list("record_type", flat=True).distinct():
        model = apps.get_model(record_type)
        if actor.may("view", model):
            ids = subquery_ids(upload.uses.filter(record_type=record_type).values("record_id"))
            records = model.objects.visible_to(actor).filter(pk__in=ids)
            if any(actor.may("view", record) for record in records.iterator()):
                return True
    return False
