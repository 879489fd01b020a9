"""Which records show which uploads, and so who may see them."""

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
from backoffice.uploads.cleanup import remove_unshown
from backoffice.uploads.models import Upload, UploadUse

_ADDRESS = re.compile(r"https?://[^?#]*/uploads/([0-9a-f]{24})/", re.IGNORECASE)


class UploadReferencesMixin:
    """For models that hold addresses of files: keeps the uploads they show in step with what they hold."""

    shows_uploads_in: tuple[str, ...] = ()
    """The properties with addresses: lists of them, or of sub-documents that have a `url`."""

    def after_write(self, draft):
        super().after_write(draft)
        if draft.action == "remove":
            _keep_uses(self, set(), draft.at)
        elif any(self._may_show(entry["property"]) for entry in draft.changes):
            props = [self.properties[name] for name in self.shows_uploads_in]
            found = (address for prop in props for address in _addresses(prop, prop.read(self)))
            _keep_uses(self, upload_ids(found), draft.at, new=draft.before is None)

    def _may_show(self, path: str) -> bool:
        """Whether what is at a path of the history (`comments.<id>.comment`) may have addresses in it."""
        name, *steps = path.split(".")
        if name not in self.shows_uploads_in:
            return False
        rows = self.properties[name]
        while len(steps) > 1 and isinstance(rows, ElementsProperty):
            _pk, name, *steps = steps
            if name not in rows.nested:
                return name == "url"
            rows = rows.nested[name]
        return True

    def after_redaction(self, texts):
        """Files whose addresses are blanked, and that no other record shows, go with them."""
        super().after_redaction(texts)
        remove_unshown(Upload.objects.filter(pk__in=upload_ids(texts), company_id=self.home_company_id()))


def _addresses(prop, value: list) -> Iterator[str]:
    if not isinstance(prop, ElementsProperty):
        yield from value
        return
    for element in value:
        if "url" in element:
            yield element["url"]
        for name, nested in prop.nested.items():
            yield from _addresses(nested, element[name])


def upload_ids(addresses: Iterable[str]) -> set[str]:
    """The ids of the uploads that addresses name, whatever their host: hosts change."""
    return {match[1].lower() for address in addresses if (match := _ADDRESS.match(address))}


_KNOWN = CompiledQuery(
    lambda record_type, pk: UploadUse.objects.filter(record_type=record_type, record_id=pk).values_list(
        "upload_id"
    )
)
"""The uploads that a record shows."""


def _keep_uses(record: Entity, shown: set[str], at: datetime, new: bool = False) -> None:
    """Write which uploads a record shows. Those of another company, and what only looks like one, do not count."""
    here = {"record_type": record._meta.label_lower, "record_id": record.pk}
    known = set() if new else {pk for (pk,) in _KNOWN(*here.values())}
    if gone := known - shown:
        UploadUse.objects.filter(**here, upload_id__in=gone).delete()
        Upload.objects.filter(pk__in=gone).update(let_go_at=at)
    if came := shown - known:
        ours = Upload.objects.filter(pk__in=came, company_id=record.home_company_id())
        UploadUse.objects.bulk_create(
            UploadUse(upload_id=pk, **here) for pk in ours.values_list("pk", flat=True)
        )


def find_upload(actor: Actor, pk: str) -> Upload | None:
    """The upload, if this actor may see it: as who sent it, or as somebody who may see a record that shows it."""
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
