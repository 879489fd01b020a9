"""Parsing and validation of settings from the environment."""

import re
from collections.abc import Sequence
from email.utils import parseaddr
from io import StringIO
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

import environ
from django.core.exceptions import ImproperlyConfigured

_ON, _OFF = {"1", "true", "yes", "on", "y", "t", "ok"}, {"0", "false", "no", "off", "n", "f"}
TOGGLES = {
    "DEBUG": False,
    "HTTPS": False,
    "HSTS_INCLUDE_SUBDOMAINS": False,
    "HSTS_PRELOAD": False,
    "BEHIND_PROXY": False,
    "MAIL_ALLOW_PRIVATE_HOSTS": False,
    "COMPILED_SQL": True,
}
"""The default of each switch."""
NUMBERS = {
    "SESSION_DAYS": (14, 1, 3650),
    "SESSION_MAX_DAYS": (90, 1, 3650),
    "HSTS_SECONDS": (31_536_000, 0, 315_360_000),
    "UPLOAD_MAX_MB": (10, 1, 100_000),
    "UPLOAD_DAILY_MB": (1000, 0, 1_000_000_000),
    "UPLOAD_UNUSED_MB": (200, 0, 1_000_000_000),
    "UPLOAD_COMPANY_MB": (50_000, 0, 1_000_000_000),
    "UPLOAD_UNUSED_DAYS": (30, 1, 36_500),
}
"""The default, the minimum and the maximum."""
LANGUAGE_CODES = ("en", "da", "de")
LISTS = {
    "ALLOWED_HOSTS": ["localhost", "127.0.0.1", "[::1]"],
    "CSRF_TRUSTED_ORIGINS": [],
    "SECOND_FACTOR_GROUPS": [],
}


def read_file(env: environ.Env, path: Path) -> None:
    """Read a `.env` file, if it exists. Raises ImproperlyConfigured for an invalid line: environ would log
    it, including passwords, and continue."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{path} cannot be read. Make it a readable text file in UTF-8.") from None
    for number, line in enumerate(lines, 1):
        if not re.match(r"\s*(#|\Z)|(export )?[A-Za-z_0-9]+=", line):
            raise ImproperlyConfigured(
                f"{path}:{number} is not a setting. Write NAME=value, without spaces before the =."
            )
    env.read_env(StringIO("\n".join(line for line in lines if not re.match(r"\s*(#|\Z)", line))))


def read_settings(env: environ.Env) -> dict:
    """Return the values of all toggles, numbers, lists and other validated settings. Raises
    ImproperlyConfigured with the name of the setting and without passwords."""
    values = {name: _toggle(name, env(name, default=""), default) for name, default in TOGGLES.items()}
    values |= {name: _number(name, env(name, default=""), *limits) for name, limits in NUMBERS.items()}
    for name, default in LISTS.items():
        values[name] = [each.strip() for each in env(name, default="").split(",") if each.strip()] or default
    values["LANGUAGE_CODE"] = language = env("LANGUAGE_CODE", default="") or LANGUAGE_CODES[0]
    if language not in LANGUAGE_CODES:
        raise ImproperlyConfigured(
            f"LANGUAGE_CODE is {language!r}. Write one of {', '.join(LANGUAGE_CODES)}."
        )
    return values | {
        "TIME_ZONE": _time_zone(env),
        "EMAIL_URL": _email(env),
        "DEFAULT_FROM_EMAIL": _sender(env),
    }


def _toggle(name: str, text: str, default: bool) -> bool:
    word = text.strip().lower()
    if word and word not in _ON | _OFF:
        raise ImproperlyConfigured(f"{name} is {text!r}. Write on or off.")
    return word in _ON if word else default


def _number(name: str, text: str, default: int, minimum: int, maximum: int) -> int:
    digits = text.strip() or str(default)
    if not (
        digits.isascii() and digits.isdecimal() and len(digits) < 20 and minimum <= int(digits) <= maximum
    ):
        raise ImproperlyConfigured(
            f"{name} is {text[:50]!r}. Write a whole number from {minimum} to {maximum}."
        )
    return int(digits)


def _time_zone(env: environ.Env) -> str:
    name = env("TIME_ZONE", default="") or "Europe/Copenhagen"
    try:
        ZoneInfo(name)
    except (ValueError, LookupError, OSError):
        raise ImproperlyConfigured(
            f"TIME_ZONE is {name!r}. Write the name of a time zone, such as Europe/Copenhagen."
        ) from None
    return name


def _email(env: environ.Env) -> dict:
    url = env("EMAIL_URL", default="") or "consolemail://"
    try:
        config = env.email_url_config(url)
        # A password that starts with digits may be parsed as a port: then the user is missing.
        if config["EMAIL_HOST_USER"] or "@" not in url or not url.startswith("smtp"):
            return config
    except (ValueError, TypeError, LookupError, ImproperlyConfigured):
        pass
    raise ImproperlyConfigured(
        "EMAIL_URL cannot be read. Write smtp+tls://user:password@mail.example.com:587, and in the password %23 for #, "
        "%2F for /, %3F for ? and %40 for @."
    )


def _sender(env: environ.Env) -> str:
    text = env("DEFAULT_FROM_EMAIL", default="") or "caretaker@localhost"
    if "@" not in parseaddr(text)[1] or not text.isprintable():
        raise ImproperlyConfigured(
            f"DEFAULT_FROM_EMAIL is {text!r}. Write an e-mail address, such as desk@example.com."
        )
    return text


def is_interactive_command(arguments: Sequence[str], errors: TextIO | None) -> bool:
    """Return whether a person runs a management command at a terminal. Commands that keep on running are servers."""
    is_command = [Path(program).name for program in arguments[:1]] == ["manage.py"]
    is_server = not {"runserver", "--keep-on"}.isdisjoint(arguments)
    return is_command and not is_server and errors is not None and errors.isatty()
