#!/usr/bin/env python3
"""Command line of the back office: `manage.py help` lists the commands."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import django
        from django.core.management import ManagementUtility
    except ImportError:
        sys.exit(
            "Django is not installed for this Python. Run `make run` once, then `.venv/bin/python manage.py`."
        )
    try:
        command_line = ManagementUtility(sys.argv)
        if sys.argv[1:2] in (["version"], ["--version"]):
            # Django would print its own version, without looking for a command of that name.
            django.setup()
            command_line.fetch_command("version").run_from_argv([sys.argv[0], "version", *sys.argv[2:]])
        else:
            command_line.execute()
    except Exception as error:
        from backoffice.db.health import describe_trouble

        told = "" if "--traceback" in sys.argv else describe_trouble(error)
        if not told:
            raise
        sys.exit(told)


if __name__ == "__main__":
    main()
