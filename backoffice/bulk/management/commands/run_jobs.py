from django.core.management.base import BaseCommand

from backoffice.bulk.runner import run_waiting
from backoffice.bulk.worker import BulkWorker, run_hourly_tasks


class Command(BaseCommand):
    help = "Run the waiting bulk edits that no server is running."

    def add_arguments(self, parser):
        parser.add_argument("--keep-on", action="store_true", help="keep running and wait for more")

    def handle(self, *args, keep_on, **options):
        run_hourly_tasks()
        done = run_waiting()
        self.stdout.write(f"{done} bulk edits were done." if done != 1 else "1 bulk edit was done.")
        if keep_on:
            BulkWorker().run()
