"""Runs `import_documents` in a process that is killed when it has written some documents.

python -m backoffice.exchange.tests.killed_import 7 complaints complaints.json
"""

import os
import signal
import sys


def main(count: int, words: list[str]) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from backoffice.exchange.importer import Import

    write, written = Import._write, []

    def write_and_die(work, entry, record):
        write(work, entry, record)
        written.append(entry)
        if len(written) == count:
            os.kill(os.getpid(), signal.SIGKILL)

    Import._write = write_and_die
    call_command("import_documents", *words)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
