"""Static files: the storage that serves them, and the finder for those of packages that are no Django apps."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's: hashed names, compressed. But a mention of a source map is left as it is: the maps are not
    shipped, and Bootstrap's own files stay what Bootstrap published, byte for byte."""

    PREFIX = "static/"

    @property
    def base_url(self):
        """Below the path at which the product is mounted (SCRIPT_NAME). `settings.STATIC_URL` would keep the first it was
        asked for, before any request told the path."""
        return f"{get_script_prefix()}{self.PREFIX}"

    patterns = tuple(
        (names, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for names, patterns in CompressedManifestStaticFilesStorage.patterns
    )


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
