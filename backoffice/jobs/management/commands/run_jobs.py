import signal
from types import FrameType

from django.core.management.base import BaseCommand

from backoffice.jobs.runner import run_due
from backoffice.jobs.worker import Worker, ensure_schedules


class Command(BaseCommand):
    help = "Do the jobs that are due: bulk edits, mails and clean-ups. Servers with gunicorn do them too."

    def add_arguments(self, parser):
        parser.add_argument("--keep-on", action="store_true", help="keep running and wait for more")

    def handle(self, *args, keep_on, **options):
        ensure_schedules()
        done = run_due()
        self.stdout.write(f"{done} jobs were done." if done != 1 else "1 job was done.")
        if keep_on:
            worker = Worker()

            def end(number: int, frame: FrameType | None) -> None:
                worker.ended.set()
                worker.woken.set()

            signal.signal(signal.SIGTERM, end)
            worker.run()
            worker.stop()
