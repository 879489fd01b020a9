import time

from django.core.management.base import BaseCommand

from backoffice.bulk.runner import run_waiting
from backoffice.bulk.worker import TIDY_EVERY, run_purging

PAUSE = 2


class Command(BaseCommand):
    help = "Does the bulk edits that wait and that no server is at."

    def add_arguments(self, parser):
        parser.add_argument("--keep-on", action="store_true", help="wait for more when they are done")

    def handle(self, *args, keep_on, **options):
        run_purging()
        tidied = time.monotonic()
        done = run_waiting()
        while keep_on:
            done += run_waiting()
            if time.monotonic() - tidied > TIDY_EVERY:
                tidied = time.monotonic()
                run_purging()
            time.sleep(PAUSE)
        self.stdout.write(f"{done} bulk edits were done." if done != 1 else "1 bulk edit was done.")
