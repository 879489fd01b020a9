from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.records.management.progress import progress_bar
from backoffice.uploads.models import Upload, UploadUse
from backoffice.uploads.storage import hash_file, upload_path


class Command(BaseCommand):
    help = "List uploads whose file is missing or has changed. Fails if there are any."

    def add_arguments(self, parser):
        parser.add_argument(
            "--hashes", action="store_true", help="Read each file, and compare it with its hash."
        )

    @no_translations
    def handle(self, *, hashes, **options):
        uploads = Upload.objects.order_by("pk")
        count = wrong = 0
        with progress_bar("Checking uploads", total=uploads.count(), unit=" files") as bar:
            for upload in uploads.iterator(500):
                count += 1
                bar.update(1)
                if fault := _fault(upload, hashes):
                    wrong += 1
                    self.stdout.write(
                        f"{upload.pk} {upload.at:%Y-%m-%d} {fault}: {upload.name}{_describe_uses(upload)}"
                    )
        if wrong:
            raise CommandError(f"{wrong} of {count} uploads have a missing or changed file.")
        self.stdout.write(f"All {count} uploads have their files.")


def _fault(upload: Upload, hashes: bool) -> str:
    path = upload_path(upload.pk)
    if not path.is_file():
        return "is missing"
    if path.stat().st_size != upload.size:
        return "has a different size"
    if hashes and hash_file(path).hexdigest() != upload.sha256:
        return "has different content"
    return ""


def _describe_uses(upload: Upload) -> str:
    """Describe the records that show the upload."""
    uses = UploadUse.objects.filter(upload_id=upload.pk).values_list("record_type", "record_id")
    records = ", ".join(f"{record_type} {pk}" for record_type, pk in uses)
    return f" (shown by {records})" if records else ""
