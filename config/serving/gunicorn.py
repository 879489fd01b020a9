"""The configuration of gunicorn: `make run`, or `gunicorn --config config/serving/gunicorn.py
config.wsgi`."""

import os
import signal
import subprocess  # nosec B404 # for our own command
import sys
from pathlib import Path

from config.log_formatters import redact_logger
from config.serving.processes import InvalidWorkerCount, count_workers

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
try:
    workers = count_workers()
except InvalidWorkerCount as error:
    sys.exit(str(error))
# More than two busy threads only compete for the interpreter (see docs/performance.md). The worker adds
# threads while some wait for a database or a lock; none waits for clients.
worker_class = "config.serving.gunicorn_worker.CaretakerWorker"
threads = 2
timeout = 60
graceful_timeout = 20
keepalive = 5
# Queries of lists may contain hundreds of ids.
limit_request_line = 8190
# Heartbeats are files in memory, so that a slow disk does not look like a hanging worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 # nosec B108 # memory; gunicorn makes a file of its own there
control_socket_disable = True
# gunicorn trusts no proxy headers; its default trusts every client on this machine, including SCRIPT_NAME and
# PATH_INFO. Django reads the headers of a proxy if BEHIND_PROXY is on.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers = {}

# No access log unless enabled by GUNICORN_CMD_ARGS="--access-logfile -". It never contains headers, which may
# have keys, or query strings, which are private.
accesslog = None
access_log_format = '%(h)s %(t)s "%(m)s %(U)s" %(s)s %(b)s %(L)ss'
errorlog = "-"
loglevel = "warning"


def on_starting(server):
    """Called once at the start. Check the database, so that a failure is one line instead of a traceback from
    each worker. The check runs in a separate process, because workers must not inherit connections."""
    # gunicorn logs requests that cannot be parsed verbatim.
    redact_logger(server.log.error_log)
    redact_logger(server.log.access_log)
    if server.cfg.is_ssl:
        sys.exit("gunicorn's --certfile and --keyfile cannot be used here. Have a proxy in front do TLS.")
    here = Path(__file__).resolve().parent.parent.parent
    command = [sys.executable, "manage.py", "check_database", "--migrated", "--verbosity", "0"]
    command += ["--processes", str(server.num_workers)]
    if subprocess.run(command, cwd=here).returncode:  # noqa: S603 # nosec B603 # our own command
        sys.exit(1)


def post_worker_init(worker):
    """Called in each worker before it serves. Start the threads for background jobs, and ignore SIGINT: the master
    forwards Ctrl-C, and a worker that is signalled twice deadlocks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from backoffice.jobs.worker import start

    start()


def worker_exit(server, worker):
    """Called in each worker before it exits. End its background threads."""
    from backoffice.jobs.worker import stop

    stop()


def when_ready(server):
    """Called once the port is open."""
    host, port = server.LISTENERS[0].sock.getsockname()[:2]
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 # nosec B104 # only compared
    print(f"Caretaker is at http://{host}:{port}/ (Ctrl-C stops it)", flush=True)
