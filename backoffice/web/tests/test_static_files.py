"""Tests of collected static files."""

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

# The hashes that Bootstrap publishes for 5.3.8.
PUBLISHED = {
    "bootstrap/css/bootstrap.min.css": "sRIl4kxILFvY47J16cr9ZwB07vP4J8+LH7qKQnuqkuIAvNWLzeN8tE5YBujZqJLB",
    "bootstrap/js/bootstrap.bundle.min.js": "FKyoEForCGlyvwx9Hj09JcYn3nv7wiPVlz7YYwJrWVcXK/BmnVDxM+D2scQbITxI",
}


@pytest.mark.slow
def test_static_files_are_collected_and_bootstrap_is_unmodified(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "backoffice.web.staticfiles.StaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, stdout=io.StringIO())
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    for name, published in PUBLISHED.items():
        for saved in (name, names[name]):
            digest = hashlib.sha384((tmp_path / saved).read_bytes()).digest()
            assert base64.b64encode(digest).decode() == published
        assert (tmp_path / f"{names[name]}.gz").exists()
    assert names["css/site.css"] != "css/site.css"
    styles = (tmp_path / names["css/site.css"]).read_text()
    assert "@import" not in styles
    for component in ("tokens.css", "components/timeline.css", "print.css"):
        assert (Path(settings.BASE_DIR) / "static/css" / component).read_text() in styles


def test_the_stylesheet_imports_every_component():
    folder = Path(settings.BASE_DIR) / "static/css"
    imported = re.findall(r'@import "([^"]+)";', (folder / "site.css").read_text())
    files = {str(path.relative_to(folder)) for path in folder.rglob("*.css")}
    assert len(imported) == len(set(imported))
    assert set(imported) == files - {"site.css", "admin.css", "reference.css"}
