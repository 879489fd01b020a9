import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, no_translations

from backoffice.records.management.progress import progress_bar
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.decoder_client import DEADLINE, DecoderBusy, open_file
from backoffice.uploads.models import Upload
from backoffice.uploads.storage import hash_file, incoming_folder, move_into_place, upload_path


class Command(BaseCommand):
    help = (
        "Remove metadata about places and cameras from pictures that were uploaded before this was done on upload. "
        "Counts the pictures it would change; changes them with --yes."
    )

    def add_arguments(self, parser):
        parser.add_argument("--yes", action="store_true", help="Change them.")

    @no_translations
    def handle(self, *, yes, **options):
        uploads = Upload.objects.filter(content_type__in=sorted(SHOWN_ON_PAGES)).order_by("pk")
        incoming_folder().mkdir(parents=True, exist_ok=True)
        count = 0
        with progress_bar("Opening pictures", total=uploads.count(), unit=" pictures") as bar:
            for upload in uploads.iterator(200):
                bar.update(1)
                with tempfile.TemporaryDirectory(dir=incoming_folder()) as folder:
                    if self._strip(upload, Path(folder), yes):
                        count += 1
        self.stdout.write(f"{'Changed' if yes else 'Would change'} {count} pictures.")
        if count and not yes:
            self.stdout.write("Nothing was changed. Run again with --yes to change them.")

    def _strip(self, upload: Upload, folder: Path, yes: bool) -> bool:
        """Return whether the picture of an upload has metadata to remove; remove it if `yes`."""
        source, rewritten = upload_path(upload.pk), folder / "rewritten"
        try:
            result = open_file(source, rewritten, folder / "small", documents=False, patience=2 * DEADLINE)
        except (DecodingRefused, DecoderBusy, FileNotFoundError) as error:
            self.stderr.write(f"{upload.pk} was not changed: {error or 'the decoder is busy'}.")
            return False
        if result["is_rewritten"] and yes:
            # The kind of file changes at most in detail: of a JPEG with several pictures, the first remains.
            Upload.objects.filter(pk=upload.pk).update(
                size=rewritten.stat().st_size, sha256=hash_file(rewritten).hexdigest()
            )
            move_into_place(rewritten, source)
        return result["is_rewritten"]
