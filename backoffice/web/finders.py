"""Static files that come from packages which are no Django apps: only what is used is collected."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PICKED = ["css/bootstrap.min.css", "js/bootstrap.bundle.min.js"]


class VendorFinder(BaseFinder):
    """Bootstrap's own two files, under `bootstrap/`."""

    def __init__(self, app_names=None, *args, **kwargs):
        self.storage = FileSystemStorage(location=settings.BOOTSTRAP_DIR)
        self.storage.prefix = "bootstrap"
        super().__init__(*args, **kwargs)

    def find(self, path, find_all=False, **kwargs):
        inside = path.removeprefix("bootstrap/")
        found = (
            [str(Path(settings.BOOTSTRAP_DIR) / inside)]
            if path.startswith("bootstrap/") and inside in PICKED
            else []
        )
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns):
        for path in PICKED:
            yield path, self.storage
