#!/usr/bin/env python3
"""Command line of the back office: `manage.py help` lists the commands."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit(
            "Django is not installed for this Python. Run `make run` once, then `.venv/bin/python manage.py`."
        )
    try:
        execute_from_command_line(sys.argv)
    except Exception as error:
        from backoffice.db.health import describe_trouble

        told = "" if "--traceback" in sys.argv else describe_trouble(error)
        if not told:
            raise
        sys.exit(told)


if __name__ == "__main__":
    main()
