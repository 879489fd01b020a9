"""Settings of the Django peers. `PEER` selects one; each has only what it needs, as an expert would set it
up. The database is set up as Caretaker's is: with the same pragmas and persistent connections."""

import os

from benchmarks.databases import FOLDER, PRAGMAS, is_postgres, path_of

PEER = os.environ["PEER"]
SECRET_KEY = "only-for-measuring"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"


def database(url: str) -> dict:
    if is_postgres(url):
        from psycopg.conninfo import conninfo_to_dict

        options = conninfo_to_dict(url)
        name = options.pop("dbname")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "CONN_MAX_AGE": None,
            "OPTIONS": options,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path_of(url),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": PRAGMAS, "transaction_mode": "IMMEDIATE"},
    }


DATABASES = {"default": database(os.environ["PEER_DATABASE"])}

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "benchmarks.peers.desk"]
_API_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
_PAGE_MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
MIDDLEWARE = _PAGE_MIDDLEWARE if PEER in ("admin", "helpdesk") else _API_MIDDLEWARE
ROOT_URLCONF = {
    "drf": "benchmarks.peers.drf",
    "ninja": "benchmarks.peers.ninja_api",
    "admin": "benchmarks.peers.admin",
    "helpdesk": "benchmarks.peers.helpdesk",
}[PEER]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

if PEER in ("admin", "helpdesk"):
    INSTALLED_APPS += [
        "django.contrib.admin",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ]
if PEER == "drf":
    INSTALLED_APPS += ["rest_framework", "drf_spectacular"]
    REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks.peers.desk.authentication.KeyAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    }
if PEER == "helpdesk":
    INSTALLED_APPS += ["django.contrib.sites", "django.contrib.humanize", "rest_framework", "helpdesk"]
    SITE_ID = 1
    MEDIA_ROOT = FOLDER
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    # Without teams, as its documentation describes.
    HELPDESK_TEAMS_MODEL = "auth.User"
    HELPDESK_TEAMS_MIGRATION_DEPENDENCIES = []
    HELPDESK_KBITEM_TEAM_GETTER = lambda _item: None  # noqa: E731
