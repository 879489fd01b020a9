"""How gunicorn serves: `make run`, or `gunicorn --config config/serving/gunicorn.py config.wsgi`."""

import os
import signal
import subprocess  # nosec B404 # for our own command
import sys
from pathlib import Path

from gunicorn import util

from config.log_filters import cover
from config.serving.error_responses import refuse
from config.serving.processes import UnusableNumber, count_workers

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
try:
    workers = count_workers()
except UnusableNumber as error:
    sys.exit(str(error))
# Two requests are answered at once: more than two threads take the interpreter from each other (docs/performance.md). The
# worker adds threads while some wait for a database or a lock, and has none wait for clients.
worker_class = "config.serving.gunicorn_worker.CaretakerWorker"
threads = 2
timeout = 60
graceful_timeout = 20
keepalive = 5
# Lists may be asked for hundreds of ids, which come in the address.
limit_request_line = 8190
# Heartbeats go to memory: a slow disk must not look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 # nosec B108 # memory; gunicorn makes a file of its own there
control_socket_disable = True
# gunicorn believes nobody what they say of a proxy, where its default believes everybody on this machine, SCRIPT_NAME and
# PATH_INFO included. What a proxy says of the caller, Django reads if BEHIND_PROXY is on.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}

# No access log unless asked for by GUNICORN_CMD_ARGS="--access-logfile -". It never has headers or the query
# string in it: keys come in headers, and what people search for is theirs.
accesslog = None
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(L)ss'
errorlog = "-"
loglevel = "warning"


def on_starting(server):
    """Called once, before anything else. A database that cannot be used is told in one line, not by each worker's
    traceback. (In a process of its own: connections must not be inherited by the workers.)"""
    # A request that cannot be parsed is logged as it came.
    cover(server.log.error_log)
    cover(server.log.access_log)
    util.write_error = refuse
    if server.cfg.is_ssl:
        sys.exit("gunicorn's --certfile and --keyfile cannot be used here. Have a proxy in front do TLS.")
    here = Path(__file__).resolve().parent.parent
    asked = [sys.executable, "manage.py", "check_database", "--migrated", "--verbosity", "0"]
    asked += ["--processes", str(server.num_workers)]
    if subprocess.run(asked, cwd=here).returncode:  # noqa: S603 # nosec B603 # our own command
        sys.exit(1)


def post_worker_init(worker):
    """Called in each worker, before it serves: bulk edits are done by a thread of it. Ctrl-C is for the master, which tells its workers: one that is told
    twice at a time waits for itself until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from backoffice.bulk.worker import start
    from backoffice.db.connection import limit_signals_to_own_connection

    limit_signals_to_own_connection()
    start()


def worker_exit(server, worker):
    """Called in each worker before it ends: what it does in the background is left to others."""
    from backoffice.bulk.worker import end
    from backoffice.mail.queue import end as send_what_waits

    end()
    send_what_waits()


def when_ready(server):
    """Called once the port is open."""
    host, port = server.LISTENERS[0].sock.getsockname()[:2]
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 # nosec B104 # compared with, for what is printed
    print(f"Caretaker is at http://{host}:{port}/ (Ctrl-C stops it)", flush=True)
