"""Static files: the storage, and a finder for Bootstrap, which is not a Django app."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage (hashed names, compressed files) that does not rewrite references to source maps:
    the maps are not shipped, and Bootstrap's files stay byte-identical to its release."""

    PREFIX = "static/"

    @property
    def base_url(self):
        """The static path below SCRIPT_NAME. `settings.STATIC_URL` would keep the value of its first access,
        which may be before any request has set the prefix."""
        return f"{get_script_prefix()}{self.PREFIX}"

    patterns = tuple(
        (names, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for names, patterns in CompressedManifestStaticFilesStorage.patterns
    )


BOOTSTRAP_FILES = ["css/bootstrap.min.css", "js/bootstrap.bundle.min.js"]


class VendorFinder(BaseFinder):
    """Finds the files of Bootstrap that pages use, under `bootstrap/`."""

    def __init__(self, app_names=None, *args, **kwargs):
        self.storage = FileSystemStorage(location=settings.BOOTSTRAP_DIR)
        self.storage.prefix = "bootstrap"
        super().__init__(*args, **kwargs)

    def find(self, path, find_all=False, **kwargs):
        name = path.removeprefix("bootstrap/")
        matches = (
            [str(Path(settings.BOOTSTRAP_DIR) / name)]
            if path.startswith("bootstrap/") and name in BOOTSTRAP_FILES
            else []
        )
        return matches if find_all else (matches[0] if matches else [])

    def list(self, ignore_patterns):
        for path in BOOTSTRAP_FILES:
            yield path, self.storage
