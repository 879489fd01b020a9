import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, no_translations

from backoffice.records.management.progress import progress_bar
from backoffice.uploads.content_types import SHOWN_ON_PAGES
from backoffice.uploads.decoder.exceptions import DecodingRefused
from backoffice.uploads.decoding import DEADLINE, DecoderBusy, open_file
from backoffice.uploads.models import Upload
from backoffice.uploads.storage import arriving_folder, hash_of, move_into_place, upload_path


class Command(BaseCommand):
    help = (
        "Take places and cameras out of pictures that came before this was done on arrival. "
        "Says which pictures it would change; changes them with --yes."
    )

    def add_arguments(self, parser):
        parser.add_argument("--yes", action="store_true", help="Change them.")

    @no_translations
    def handle(self, *, yes, **options):
        uploads = Upload.objects.filter(content_type__in=sorted(SHOWN_ON_PAGES)).order_by("pk")
        arriving_folder().mkdir(parents=True, exist_ok=True)
        count = 0
        with progress_bar("Opening pictures", total=uploads.count(), unit=" pictures") as bar:
            for upload in uploads.iterator(200):
                bar.update(1)
                with tempfile.TemporaryDirectory(dir=arriving_folder()) as folder:
                    if self._strip(upload, Path(folder), yes):
                        count += 1
        self.stdout.write(f"{'Changed' if yes else 'Would change'} {count} pictures.")
        if count and not yes:
            self.stdout.write("Nothing was changed yet: say --yes.")

    def _strip(self, upload: Upload, folder: Path, yes: bool) -> bool:
        """Whether the picture of an upload has something to be taken out; if `yes`, it is."""
        source, kept = upload_path(upload.pk), folder / "kept"
        try:
            found = open_file(source, kept, folder / "small", documents=False, patience=2 * DEADLINE)
        except (DecodingRefused, DecoderBusy, FileNotFoundError) as error:
            self.stderr.write(f"{upload.pk} was left as it is: {error or 'it could not be opened now'}.")
            return False
        if found["is_rewritten"] and yes:
            # What the file is may only be another: a JPEG of several pictures is one of the first.
            Upload.objects.filter(pk=upload.pk).update(
                size=kept.stat().st_size, sha256=hash_of(kept).hexdigest()
            )
            move_into_place(kept, source)
        return found["is_rewritten"]
