"""What open pages cost that ask for news: `python -m benchmarks.polling DATABASE_URL`, for a database filled by
manage.py generate. Sends the requests of idle tabs (304) through gunicorn, and prints the processor time of each."""

import http.client
import os
import re
import sys
import time
from html import unescape
from pathlib import Path

USERS = 40
ROUNDS = 100
PAGES = {"bell only": "/objects/new", "list": "/complaints?state=open", "record": ""}


def cpu_seconds(port: int) -> float:
    """Return the processor time of a server's processes."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"127.0.0.1:{port}".encode() in (folder / "cmdline").read_bytes():
                ticks += sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:13]))
        except OSError:
            continue  # the process has ended
    return ticks / os.sysconf("SC_CLK_TCK")


def send(connection, path: str, headers: dict) -> http.client.HTTPResponse:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.text = response.read().decode()
    return response


def main(url: str) -> None:
    os.environ |= {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django

    django.setup()
    from backoffice.people.models import User
    from benchmarks.run import served
    from benchmarks.systems.django_pages import cookie_of
    from facility.models import Complaint

    staff = list(
        User.objects.filter(customer=None, is_superuser=False, is_active=True).order_by("pk")[:USERS]
    )
    cookies = [cookie_of(user) for user in staff]
    with served("caretaker", url) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for name, page in PAGES.items():
            tabs = []
            for user, cookie in zip(staff, cookies, strict=True):
                path = page or f"/complaints/{Complaint.objects.filter(company=user.company_id).first().pk}"
                text = send(connection, path, {"Cookie": cookie}).text
                query = re.search(r'data-state-query="([^"]+)"', text)
                state = f"/notifications/state?{unescape(query[1]) if query else ''}"
                first = send(connection, state, {"Cookie": cookie})
                if first.status == 200:  # (some may not see complaints)
                    tabs.append((state, {"Cookie": cookie, "If-None-Match": first.headers["ETag"]}))
            before, started = cpu_seconds(port), time.perf_counter()
            statuses = [
                send(connection, state, headers).status for _round in range(ROUNDS) for state, headers in tabs
            ]
            assert set(statuses) == {304}, set(statuses)
            busy = (cpu_seconds(port) - before) / len(statuses)
            took = (time.perf_counter() - started) / len(statuses)
            print(
                f"{name}: {busy * 1000:.2f} ms of processor and {took * 1000:.2f} ms each, {len(statuses)} requests; "
                f"200 tabs at 25 s: {busy * 8:.1%} of a core"
            )


if __name__ == "__main__":
    main(sys.argv[1])
