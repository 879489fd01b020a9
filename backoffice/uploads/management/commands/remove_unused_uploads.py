from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError, no_translations

from backoffice.records.fields import now
from backoffice.uploads.cleanup import remove_upload, stray_files, unused_uploads


class Command(BaseCommand):
    help = (
        "Remove uploads that no record has shown for a while, and stray files. "
        "Lists them; removes them with --yes."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--older-than",
            type=int,
            default=30,
            metavar="DAYS",
            help="Days for which no record has shown them (30).",
        )
        parser.add_argument("--yes", action="store_true", help="Remove them.")

    @no_translations
    def handle(self, *, older_than, yes, **options):
        if not 1 <= older_than <= 36500:
            raise CommandError("--older-than takes a number of days from 1 to 36500.")
        before = now() - timedelta(days=older_than)
        count = size = 0
        for upload in unused_uploads(before):
            if yes and not remove_upload(upload):
                continue
            count += 1
            size += upload.size
            self.stdout.write(f"{upload.pk} {upload.at:%Y-%m-%d} {upload.size:>10} {upload.name}")
        for path in stray_files(before):
            count += 1
            size += path.stat().st_size
            self.stdout.write(f"{path} belongs to no upload")
            if yes:
                path.unlink()
        done = "Removed" if yes else "Would remove"
        self.stdout.write(f"{done} {count} files, {size} bytes.")
        if count and not yes:
            self.stdout.write("Nothing was removed. Run again with --yes to remove them.")
