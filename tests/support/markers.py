"""Search for marker texts, to prove that they occur nowhere else."""

import json
from pathlib import Path

from django.apps import apps

from backoffice.accounts.models import UserSession
from backoffice.db.search import make_search_text
from backoffice.exchange.exportables import exportables
from backoffice.exchange.tests.files import export_text
from backoffice.records.models import Entity
from backoffice.uploads.tests.upload_requests import stored_files

MARK = "gertrud-marker"


def find_marker(mark=MARK) -> list[str]:
    """Return every table, column, file and export that contains a marker."""
    found = set()
    for model in apps.get_models(include_auto_created=True):
        for row in model._base_manager.values():
            found |= {f"{model._meta.label}.{name}" for name, value in row.items() if _has(value, mark)}
    for session in UserSession.objects.all():
        found |= {"session"} if _has(session.get_decoded(), mark) else set()
    for record in (
        each for model in apps.get_models() if issubclass(model, Entity) for each in model.objects.all()
    ):
        for name, prop in record.properties.items():
            if _has(prop.plain(prop.read(record)), mark):
                found.add(f"{record._meta.label}.{name}")
    for slug, subject in exportables().items():
        for form in ("documents", "csv") if subject.viewset else ("documents",):
            if subject.document is None and form == "documents":
                continue
            if _has(export_text(slug, "--format", form), mark):
                found.add(f"export of {slug} as {form}")
    return sorted(found)


def files_with_marker(folder: Path, mark=MARK) -> list[Path]:
    return [path for path in stored_files(folder) if mark.encode() in path.read_bytes()]


def _has(value, mark) -> bool:
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return mark in text.casefold() or make_search_text(mark) in text
