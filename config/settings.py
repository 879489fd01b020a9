"""Django settings, read from the environment and an optional `.env` (see `.env.example`)."""

import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from backoffice.records.key_files import UnusableKeyFile, fernet_key, read_key
from config.compile_messages import ROOT, ensure_compiled, locale_folders
from config.databases import UnusableURL, contrib_key_settings, database, replace_contrib_apps
from config.environment import is_interactive_command, read_file, read_settings
from config.serving.processes import InvalidWorkerCount, count_workers
from config.version import read_version

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = read_version()

env = environ.Env()
try:
    read_file(env, BASE_DIR / ".env")
    ENVIRONMENT = read_settings(env)
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None
# Files that the installation writes: the SQLite database, key files, uploads, collected static files. Only
# its own account can read them.
VAR_DIR = Path(env("VAR_DIR", default="") or BASE_DIR / "var").absolute()
os.umask(os.umask(0o077) | 0o077)
with suppress(OSError):  # the first write to the folder reports the error
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG, HTTPS = ENVIRONMENT["DEBUG"], ENVIRONMENT["HTTPS"]
try:
    SECRET_KEY = env("SECRET_KEY", default="") or read_key(VAR_DIR / "secret_key")
    # The key for hashes of secrets in the history. It is stored outside the database, so that a copy of the
    # database alone does not allow guessing door codes.
    SECRETS_HASH_KEY = env("SECRETS_HASH_KEY", default="") or read_key(VAR_DIR / "secrets_hash_key")
    # Keys that encrypt secrets in the database. The first one encrypts, all decrypt. If they are lost, so are
    # the secrets.
    FIELD_KEYS = (
        (env("FIELD_KEYS", default="") or read_key(VAR_DIR / "field_keys", fernet_key))
        .replace(",", " ")
        .split()
    )
except UnusableKeyFile as error:
    raise SystemExit(str(error)) from None
ALLOWED_HOSTS = ENVIRONMENT["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = ENVIRONMENT["CSRF_TRUSTED_ORIGINS"]
# The origin of links in mails. The Host header is not used for them, because a visitor controls it.
PUBLIC_URL = env("PUBLIC_URL", default="").rstrip("/")

INSTALLED_APPS = [
    "backoffice.people",  # before auth: its `changepassword` command overrides Django's
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_htmx",
    "bs_icon_templates",
    "csp",
    "backoffice.db",
    "backoffice.records",
    "backoffice.privacy",
    "backoffice.lists",
    "backoffice.jobs",
    "backoffice.mail",
    "backoffice.bulk",
    "backoffice.accounts",
    "backoffice.uploads",
    "backoffice.workplace",
    "backoffice.notifications",
    "backoffice.api",
    "backoffice.web",
    "backoffice.admin.apps.SiteConfig",
    "backoffice.moving",
    "backoffice.exchange",
    "backoffice.directory",
    "backoffice.demo",
    "facility",
    "supportdesk",
]

MIDDLEWARE = [
    "backoffice.web.middleware.HeadersMiddleware",
    "backoffice.web.compression.CompressionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.web.middleware.RequestContextMiddleware",
    "config.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ApiShortcutMiddleware",  # the following middleware is for pages only
    "backoffice.web.error_pages.ReadableErrorsMiddleware",
    "config.middleware.QueryStringMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "backoffice.web.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "backoffice.web.preserved_forms.PreservedFormsMiddleware",
    "backoffice.web.outages.DatabaseUnavailableMiddleware",
    "backoffice.web.session_middleware.SessionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# API paths exist with and without a trailing slash, because a redirect would drop the request body.
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["backoffice.web.templatetags.form_tokens"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.web.context_processors.frame",
            ],
        },
    }
]

try:
    _DATABASE = database(env("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR / 'caretaker.sqlite3'}")
except UnusableURL as error:
    raise SystemExit(str(error)) from None
DATABASES = {"default": _DATABASE}
# Off: the ORM compiles each query, which takes longer (`backoffice.db.queries`).
COMPILED_SQL = ENVIRONMENT["COMPILED_SQL"]
INSTALLED_APPS = replace_contrib_apps(_DATABASE["ENGINE"], INSTALLED_APPS)
vars().update(contrib_key_settings(_DATABASE["ENGINE"]))

try:
    count_workers()
except InvalidWorkerCount as error:
    raise SystemExit(str(error)) from None

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["backoffice.people.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "backoffice.people.password_validation.PersonalPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
# Members of these groups need a second factor. If any group is named, superusers need one, too.
SECOND_FACTOR_GROUPS = ENVIRONMENT["SECOND_FACTOR_GROUPS"]
LOGIN_URL = "web:sign_in"
PASSWORD_CHANGE_URL = "web:password_change"  # noqa: S105 # nosec B105 # an address
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:sign_in"
PREFERENCES_URL = "web:preferences"
REAUTHENTICATION_URL = "web:reauthenticate"
PASSWORD_RESET_URL = "web:password_reset"  # noqa: S105 # nosec B105 # an address
PASSWORD_RESET_CONFIRM_URL = "web:password_reset_confirm"  # noqa: S105 # nosec B105 # an address
AUTOCOMPLETE_URL = "web:autocomplete"
FILTER_AUTOCOMPLETE_URL = "web:filter_autocomplete"

LANGUAGE_CODE = ENVIRONMENT["LANGUAGE_CODE"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGES = [("en", _("English")), ("da", _("Danish")), ("de", _("German"))]
LOCALE_PATHS = [
    path
    for folder in locale_folders()
    for path in ensure_compiled(folder, VAR_DIR / folder.relative_to(ROOT))
]
TIME_ZONE = ENVIRONMENT["TIME_ZONE"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default="") or VAR_DIR / "static").absolute()
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "backoffice.web.staticfiles.VendorFinder",
]
# The folder of Bootstrap's distribution: the package is not a Django app.
BOOTSTRAP_DIR = Path(find_spec("bootstrap").submodule_search_locations[0])
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "backoffice.web.staticfiles.StaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "uploads"
# Rate limits of the API, for each key and address, and of what the open pages of a user ask for. By default each process
# counts in its own memory.
RATE_LIMIT_KEY = env("RATE_LIMIT_KEY", default="6000/minute")
RATE_LIMIT_ADDRESS = env("RATE_LIMIT_ADDRESS", default="12000/minute")
RATE_LIMIT_PAGES = env("RATE_LIMIT_PAGES", default="120/minute")
RATE_LIMIT_STORAGE = env("RATE_LIMIT_STORAGE", default="memory://")
UPLOAD_MAX_MB = ENVIRONMENT["UPLOAD_MAX_MB"]
# Upload quotas in MB: per user in 24 hours, per user for files that no record refers to, per company. 0 means
# no limit.
UPLOAD_DAILY_MB = ENVIRONMENT["UPLOAD_DAILY_MB"]
UPLOAD_UNUSED_MB = ENVIRONMENT["UPLOAD_UNUSED_MB"]
UPLOAD_COMPANY_MB = ENVIRONMENT["UPLOAD_COMPANY_MB"]
# Files that no record has referred to for this many days are deleted.
UPLOAD_UNUSED_DAYS = ENVIRONMENT["UPLOAD_UNUSED_DAYS"]
FILE_UPLOAD_HANDLERS = [
    "backoffice.uploads.ingestion.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Files beyond `uploads.ingestion.MAX_FILES` are skipped with a message; requests beyond this limit are
# rejected.
DATA_UPLOAD_MAX_NUMBER_FILES = 1000

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
# Finds templates of our widgets in the project's folder, and renders Django's most frequent widgets without
# templates.
FORM_RENDERER = "backoffice.forms.renderer.Renderer"

# Without a mail server, mails are printed in development and refused in production (HTTPS).
EMAIL_CONFIG = ENVIRONMENT["EMAIL_URL"]
if HTTPS and not env("EMAIL_URL", default=""):
    EMAIL_CONFIG["EMAIL_BACKEND"] = "config.mail_backends.UnconfiguredBackend"
vars().update(EMAIL_CONFIG)
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":  # noqa: F821 # one of EMAIL_CONFIG
    EMAIL_BACKEND = "backoffice.mail.smtp.EmailBackend"  # with a deadline for the whole mail
EMAIL_TIMEOUT = 10  # seconds for each step; only background jobs wait
# Limits of mails to customers, per company and per complaint; empty: no limit.
MAIL_LIMIT_COMPANY = env("MAIL_LIMIT_COMPANY", default="200/hour")
MAIL_LIMIT_COMPLAINT = env("MAIL_LIMIT_COMPLAINT", default="20/day")
MAIL_ALLOW_PRIVATE_HOSTS = ENVIRONMENT["MAIL_ALLOW_PRIVATE_HOSTS"]
DEFAULT_FROM_EMAIL = ENVIRONMENT["DEFAULT_FROM_EMAIL"]
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# JSON bodies may have 1 MiB. Forms with many rows may have more fields than Django's default allows.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# One policy for all pages, including the admin: nothing inline, nothing from other origins.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's stylesheet contains icons as data URLs
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "upgrade-insecure-requests": HTTPS,
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_ENGINE = "backoffice.accounts.session_backend"
CSRF_FAILURE_VIEW = "backoffice.web.csrf.csrf_failure"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Sessions end after this time without use.
SESSION_COOKIE_AGE = ENVIRONMENT["SESSION_DAYS"] * 86400
# Sessions end this long after the sign-in even if they are used.
SESSION_MAX_AGE = ENVIRONMENT["SESSION_MAX_DAYS"] * 86400
# Do work whose duration would disclose something (timing attacks) after the response is sent.
WORK_BEHIND_ANSWERS = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
BEHIND_PROXY = ENVIRONMENT["BEHIND_PROXY"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = ENVIRONMENT["HSTS_SECONDS"] if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and ENVIRONMENT["HSTS_INCLUDE_SUBDOMAINS"]
SECURE_HSTS_PRELOAD = HTTPS and ENVIRONMENT["HSTS_PRELOAD"]
# Other hosts of the domain may lack HTTPS, so HSTS for subdomains and preload are the operator's decision.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# A person at a terminal sees what the command prints; a log is for servers and pipes.
EVENTS_LEVEL = "WARNING" if is_interactive_command(sys.argv, sys.stderr) else "INFO"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "config.log_formatters.RedactingFormatter",
            "fmt": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # A pool logs each attempt to connect; the waiting request logs the failure once.
        "psycopg.pool": {"level": "ERROR"},
        # Refused requests (4xx) are not faults, and any visitor can cause them.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        "backoffice.mail": {"level": EVENTS_LEVEL},
        # Sign-ins, failed sign-ins and changes of accounts.
        "backoffice.accounts.events": {"level": EVENTS_LEVEL},
    },
}
