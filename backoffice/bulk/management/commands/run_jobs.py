import time

from django.core.management.base import BaseCommand

from backoffice.bulk.runner import run_waiting
from backoffice.bulk.worker import PURGE_INTERVAL, run_hourly_tasks

POLL_INTERVAL = 2


class Command(BaseCommand):
    help = "Run the waiting bulk edits that no server is running."

    def add_arguments(self, parser):
        parser.add_argument("--keep-on", action="store_true", help="keep running and wait for more")

    def handle(self, *args, keep_on, **options):
        run_hourly_tasks()
        purged_at = time.monotonic()
        done = run_waiting()
        while keep_on:
            done += run_waiting()
            if time.monotonic() - purged_at > PURGE_INTERVAL:
                purged_at = time.monotonic()
                run_hourly_tasks()
            time.sleep(POLL_INTERVAL)
        self.stdout.write(f"{done} bulk edits were done." if done != 1 else "1 bulk edit was done.")
