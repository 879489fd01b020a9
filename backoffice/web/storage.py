"""How static files are kept for serving."""

from django.urls import get_script_prefix
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
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
