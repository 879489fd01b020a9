"""Workers of background jobs that are killed, and mail servers that are away: each effect in the database happens
exactly once, each effect outside at least once, and no mail is lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from scripts.throwaway_servers import free_port
from tests.proofs.test_slow_servers import make_complaints
from tests.support.installation import (
    PROJECT_ROOT,
    environment_in,
    prepare_installation,
    run_command,
    start_server,
)

pytestmark = [pytest.mark.deep, pytest.mark.faults]

MANY = 2000
PREPARE = f"""
from django.db import connection
from backoffice.jobs.kinds import JobKind, kinds
from backoffice.jobs.outbox import enqueue
for name in ("test.atomic", "test.external"):
    kinds[name] = JobKind(name=name, label=name, handler=None)
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE effects (number integer)")
for number in range({MANY}):
    enqueue("test.atomic" if number % 2 else "test.external", params={{"number": number}})
"""
WORK = """
import sys
from datetime import timedelta
import django
django.setup()
from django.db import connection
from backoffice.jobs.kinds import JobKind, Lane, kinds
from backoffice.jobs.worker import Worker

def atomic(run):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effects VALUES (%s)", [run.job.params["number"]])

def external(run):
    with open(sys.argv[1], "a") as file:
        file.write(f"{run.job.params['number']}\\n")

for lane, handler in ((Lane.QUICK, atomic), (Lane.MAIL, external)):
    name = f"test.{handler.__name__}"
    kinds[name] = JobKind(name=name, label=name, handler=handler, lane=lane, is_atomic=handler is atomic,
                          lease=timedelta(seconds=2))
Worker().run()
"""


def run_query(environment, query):
    with closing(sqlite3.connect(environment["DATABASE_URL"].removeprefix("sqlite:///"), timeout=30)) as file:
        rows = file.execute(query).fetchall()
        file.commit()
        return rows


def wait_until(is_reached, patience=120) -> None:
    deadline = time.monotonic() + patience
    while not is_reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_2000_jobs_happen_despite_killed_workers(tmp_path):
    environment = environment_in(tmp_path)
    run_command(environment, "migrate", "--verbosity", "0")
    run_command(environment, "shell", "--verbosity", "0", "-c", PREPARE)
    outside, script, randomness = tmp_path / "outside", tmp_path / "worker.py", random.Random(18)
    script.write_text(WORK)

    def start_worker():
        command = [sys.executable, str(script), str(outside)]
        return subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment | {"PYTHONPATH": str(PROJECT_ROOT)}
        )

    def count_left() -> int:
        return run_query(environment, "SELECT COUNT(*) FROM jobs_queuedjob WHERE kind LIKE 'test.%'")[0][0]

    kills, workers, deadline = 0, [start_worker(), start_worker()], time.monotonic() + 300
    try:
        while count_left():
            assert time.monotonic() < deadline
            time.sleep(randomness.uniform(1, 1.8))
            victim = workers.pop(0)
            victim.kill()
            victim.wait()
            kills += 1
            workers.append(start_worker())
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert kills >= 2
    effects = Counter(number for (number,) in run_query(environment, "SELECT number FROM effects"))
    assert effects == dict.fromkeys(range(1, MANY, 2), 1)
    written = Counter(map(int, outside.read_text().split()))
    assert set(written) == set(range(0, MANY, 2))
    assert sum(written.values()) <= MANY / 2 + 2 * kills


class MailServer:
    """Accepts e-mails, unless `refuse` returns a reply."""

    def __init__(self, port: int = 0, refuse=lambda recipient, message: ""):
        self.port, self.refuse, self.accepted = port or free_port(), refuse, []
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_error):
        self.controller.stop()

    async def handle_DATA(self, server: SMTP, session, envelope):  # aiosmtpd calls it by this name
        from email import message_from_bytes

        message = message_from_bytes(envelope.content)
        if reply := self.refuse(envelope.rcpt_tos[0], message):
            return reply
        self.accepted.append((envelope.rcpt_tos[0], message["Message-ID"]))
        return "250 accepted"


def count_mails(environment) -> int:
    query = "SELECT COUNT(*) FROM jobs_queuedjob WHERE kind = 'facility.finished'"
    return run_query(environment, query)[0][0]


def test_no_mail_is_lost_by_servers_that_are_away_or_greylist(tmp_path):
    port, greeted = free_port(), set()

    def greylist(recipient, message):
        is_known = recipient in greeted
        greeted.add(recipient)
        return "" if is_known else "451 4.7.1 try again later"

    environment = environment_in(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{port}")
    prepare_installation(environment)
    key = run_command(environment, "create_api_key", "alice").strip()
    with start_server(environment, tmp_path / "log") as site:
        for path in make_complaints(site, key, 10):
            assert site.request(f"{path}/resolve", key, b"{}")[0] == 200
            assert site.time_sign_in() < 1
        site.process.terminate()
        site.process.wait(timeout=30)
    assert count_mails(environment) == 10
    run_query(environment, "UPDATE jobs_queuedjob SET due_at = '2020-01-01 00:00:00' WHERE worker != ''")
    with MailServer(port, greylist) as server, start_server(environment, tmp_path / "log") as site:
        wait_until(lambda: count_mails(environment) == 0, 180)
        assert site.time_sign_in() < 1
        assert sorted(recipient for recipient, _id in server.accepted) == sorted(
            f"karen{number}@example.dk" for number in range(10)
        )
    assert len(greeted) == 10


def test_a_mail_is_sent_at_most_twice_if_the_server_is_killed_while_it_is_sent(tmp_path):
    sites = []

    def kill_once(recipient, message):
        if sites:
            server.accepted.append((recipient, message["Message-ID"]))
            os.killpg(sites.pop().process.pid, signal.SIGKILL)
            return "421 the client is gone"
        return ""

    with MailServer(refuse=kill_once) as server:
        environment = environment_in(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{server.port}")
        prepare_installation(environment)
        key = run_command(environment, "create_api_key", "alice").strip()
        with start_server(environment, tmp_path / "log") as site:
            (path,) = make_complaints(site, key, 1)
            sites.append(site)
            assert site.request(f"{path}/resolve", key, b"{}")[0] == 200
            site.process.wait(timeout=60)
        assert count_mails(environment) == 1
        run_query(environment, "UPDATE jobs_queuedjob SET due_at = '2020-01-01 00:00:00' WHERE worker != ''")
        with start_server(environment, tmp_path / "log"):
            wait_until(lambda: count_mails(environment) == 0)
        assert len(server.accepted) == 2
        assert len(set(server.accepted)) == 1
