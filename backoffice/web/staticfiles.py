"""Static files: the storage, and a finder for Bootstrap, which is not a Django app."""

import posixpath
import re
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage

STYLESHEET = "css/site.css"
"""The stylesheet of all pages. It consists of imports, one for each component."""
_IMPORT = re.compile(r'@import "([^"]+)";')


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage: hashed names and compressed files. It puts the imported files into the stylesheet, so
    that a browser loads one file instead of a chain. References to source maps stay as they are: the maps are not
    shipped, and Bootstrap's files remain byte-identical to its release."""

    PREFIX = "static/"

    @property
    def base_url(self):
        """The static path below SCRIPT_NAME. `settings.STATIC_URL` would keep the value of its first access,
        which may be before any request has set the prefix."""
        return f"{get_script_prefix()}{self.PREFIX}"

    def post_process(self, paths, dry_run=False, **options):
        if not dry_run and STYLESHEET in paths:
            content = _inline_imports(paths, STYLESHEET)
            self.delete(STYLESHEET)
            self._save(STYLESHEET, ContentFile(content))
            paths = paths | {STYLESHEET: (self, STYLESHEET)}
        yield from super().post_process(paths, dry_run, **options)

    def find_problem(self) -> str:
        """Return why pages cannot be shown, and what to do: a file of an app is not in the manifest of hashed names,
        from which every page takes its links. Empty if all files are."""
        ignored = apps.get_app_config("staticfiles").ignore_patterns
        for finder in get_finders():
            for path, storage in finder.list(ignored):
                name = posixpath.join(getattr(storage, "prefix", None) or "", path)
                if name not in self.hashed_files:
                    return f"The static file {name} is not collected: run manage.py collectstatic --noinput."
        return ""

    patterns = tuple(
        (names, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for names, patterns in CompressedManifestStaticFilesStorage.patterns
    )


def _inline_imports(paths: dict, name: str) -> str:
    """Return a stylesheet with the imported files in place of its imports. `paths` has the storage and the path of
    each collected file. Relative URLs in an imported file must be relative to the stylesheet."""

    def read(path: str) -> str:
        storage, source = paths[path]
        with storage.open(source) as file:
            return file.read().decode()

    return _IMPORT.sub(lambda match: read(posixpath.join(posixpath.dirname(name), match[1])), read(name))


BOOTSTRAP_FILES = ["css/bootstrap.min.css", "js/bootstrap.bundle.min.js"]


class VendorFinder(BaseFinder):
    """Finds the files of Bootstrap that pages use, under `bootstrap/`."""

    def __init__(self, app_names=None, *args, **kwargs):
        self.storage = FileSystemStorage(location=settings.BOOTSTRAP_DIR)
        self.storage.prefix = "bootstrap"
        super().__init__(*args, **kwargs)

    def find(self, path, find_all=False, **kwargs):
        name = path.removeprefix("bootstrap/")
        if name == path or name not in BOOTSTRAP_FILES:
            return []
        match = str(Path(settings.BOOTSTRAP_DIR) / name)
        return [match] if find_all else match

    def list(self, ignore_patterns):
        for path in BOOTSTRAP_FILES:
            yield path, self.storage
