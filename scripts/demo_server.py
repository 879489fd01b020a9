"""A server with the demo data, for screenshots."""

import os
import socket
import subprocess  # nosec B404 # for our own commands
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPECIAL_USERS = """
from backoffice.people.models import Company, User
from backoffice.records.actors import ChangeContext, Channel, Installation
from backoffice.records.services import create
from django.contrib.auth.hashers import make_password
by = {{"actor": Installation(), "context": ChangeContext(Channel.COMMAND)}}
company = create(Company, {{"name": "Helt Ny Drift"}}, **by).record
values = {{"username": "newcomer", "first_name": "Nina", "password": make_password({password!r}), "roles": ["Administrator"]}}
create(User, values, company_id=company.pk, **by)

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from pyotp import TOTP
from backoffice.accounts.totp import TotpSetup
create(User, values | {{"username": "root", "first_name": "Rosa", "roles": [], "is_superuser": True}}, **by)
careful = create(User, values | {{"username": "careful", "first_name": "Clara"}}, company_id=company.pk, **by).record
print(urlsafe_base64_encode(force_bytes(careful.pk)), default_token_generator.make_token(careful))
factor = TotpSetup(careful)
factor.confirm(TOTP(factor.secret).now(), ChangeContext(Channel.COMMAND))
"""
"""Creates a user whose company has no records, and one with a second factor."""


@contextmanager
def served(password: str):
    """Serve the demo data from a temporary database. Yields the server's address, and the path of a page for
    choosing a new password."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
        free.close()
        environment = os.environ | {
            "DATABASE_URL": f"sqlite:///{folder}/pictures.sqlite3",
            "HOST": "127.0.0.1",
            "PORT": port,
            "WEB_CONCURRENCY": "1",
        }
        for command in (
            ["migrate", "--verbosity", "0"],
            ["collectstatic", "--noinput", "--verbosity", "0"],
            ["demo", "--password", password],
            ["create_api_key", "admin", "--name", "Night report"],
        ):
            manage = [sys.executable, "manage.py", *command]
            subprocess.run(manage, cwd=ROOT, env=environment, check=True)  # noqa: S603 # nosec B603 # our own command
        special = [
            sys.executable,
            "manage.py",
            "shell",
            "-v",
            "0",
            "-c",
            SPECIAL_USERS.format(password=password),
        ]
        result = subprocess.run(  # noqa: S603 # nosec B603 # our own command
            special, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
        )
        serve = [sys.executable, "-m", "gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"]
        server = subprocess.Popen(serve, cwd=ROOT, env=environment)  # noqa: S603 # nosec B603 # our own command
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address)
            yield address, f"/password-reset/{result.stdout.split()[-2]}/{result.stdout.split()[-1]}"
        finally:
            server.terminate()
            server.wait()


def wait_for(address: str) -> None:
    """Wait until the server answers."""
    for _attempt in range(600):
        try:
            urllib.request.urlopen(f"{address}/sign-in")  # noqa: S310 # nosec B310 # our own address
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("The server did not start.")
