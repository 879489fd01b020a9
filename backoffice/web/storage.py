"""How static files are kept for serving."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Whitenoise's: hashed names, compressed. But a mention of a source map is left as it is: the maps are not
    shipped, and Bootstrap's own files stay what Bootstrap published, byte for byte."""

    patterns = tuple(
        (names, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for names, patterns in CompressedManifestStaticFilesStorage.patterns
    )
