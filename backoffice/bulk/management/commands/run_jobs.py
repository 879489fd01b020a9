import time

from django.core.management.base import BaseCommand

from backoffice.bulk.preparing import tidy
from backoffice.bulk.running import run_waiting

PAUSE = 2


class Command(BaseCommand):
    help = "Does the bulk edits that wait and that no server is at."

    def add_arguments(self, parser):
        parser.add_argument("--keep-on", action="store_true", help="wait for more when they are done")

    def handle(self, *args, keep_on, **options):
        tidy()
        done = run_waiting()
        while keep_on:
            done += run_waiting()
            time.sleep(PAUSE)
        self.stdout.write(f"{done} bulk edits were done." if done != 1 else "1 bulk edit was done.")
