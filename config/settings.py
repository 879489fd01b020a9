"""Settings, from the environment and an optional `.env` (see `.env.example` for each of them)."""

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from backoffice.records.key_files import UnusableKeyFile, fernet_key, read_key
from config.compile_messages import ensure_compiled
from config.databases import UnusableURL, database, keys_of_contrib, with_keys_of_contrib
from config.environment import read_file, read_settings
from config.serving.processes import UnusableNumber, count_workers

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
try:
    read_file(env, BASE_DIR / ".env")
    GIVEN = read_settings(env)
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None
# What an installation writes: the SQLite file, key files, uploads, collected static files. Nobody else's account reads it.
VAR_DIR = Path(env("VAR_DIR", default="") or BASE_DIR / "var").absolute()
os.umask(os.umask(0o077) | 0o077)
with suppress(OSError):  # whatever needs it says what it could not write
    VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG, HTTPS = GIVEN["DEBUG"], GIVEN["HTTPS"]
try:
    SECRET_KEY = env("SECRET_KEY", default="") or read_key(VAR_DIR / "secret_key")
    # Keys the hashes of secrets in history rows. It lives outside the database, so a copy of the database alone
    # is not enough to try door codes against them.
    SECRETS_HASH_KEY = env("SECRETS_HASH_KEY", default="") or read_key(VAR_DIR / "secrets_hash_key")
    # Encrypt secrets in the database. The first encrypts, each decrypts; with all of them gone, so are the secrets.
    FIELD_KEYS = (
        (env("FIELD_KEYS", default="") or read_key(VAR_DIR / "field_keys", fernet_key))
        .replace(",", " ")
        .split()
    )
except UnusableKeyFile as error:
    raise SystemExit(str(error)) from None
ALLOWED_HOSTS = GIVEN["ALLOWED_HOSTS"]
CSRF_TRUSTED_ORIGINS = GIVEN["CSRF_TRUSTED_ORIGINS"]
# Begins the links in mails: what a request says its host is would be whatever a visitor wrote there.
PUBLIC_URL = env("PUBLIC_URL", default="").rstrip("/")

INSTALLED_APPS = [
    "backoffice.people",  # before auth: its `changepassword` takes the place of Django's
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
    "backoffice.bulk",
    "backoffice.accounts",
    "backoffice.uploads",
    "backoffice.workplace",
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
    "backoffice.web.middleware.PolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.web.middleware.RequestContextMiddleware",
    "config.middleware.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.ApiShortcutMiddleware",  # what follows is for pages
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
    "backoffice.web.outages.DatabaseAwayMiddleware",
    "backoffice.web.session_middleware.SessionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# API paths answer with and without a trailing slash, and a redirect would drop a request's body.
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
INSTALLED_APPS = with_keys_of_contrib(_DATABASE["ENGINE"], INSTALLED_APPS)
vars().update(keys_of_contrib(_DATABASE["ENGINE"]))

try:
    count_workers()
except UnusableNumber as error:
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
# Who is in one of these groups needs a second factor, and so do superusers if there is any.
SECOND_FACTOR_GROUPS = GIVEN["SECOND_FACTOR_GROUPS"]
LOGIN_URL = "web:sign_in"
PASSWORD_CHANGE_URL = "web:password_change"  # noqa: S105 # nosec B105 # an address
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:sign_in"

LANGUAGE_CODE = GIVEN["LANGUAGE_CODE"]
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGES = [("en", _("English")), ("da", _("Danish")), ("de", _("German"))]
LOCALE_PATHS = ensure_compiled(BASE_DIR / "locale", VAR_DIR / "locale")
TIME_ZONE = GIVEN["TIME_ZONE"]
FORMAT_MODULE_PATH = ["config.formats"]
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "backoffice.web.staticfiles.VendorFinder",
]
# Where Bootstrap's own distribution lies: the package is not a Django app.
BOOTSTRAP_DIR = Path(find_spec("bootstrap").submodule_search_locations[0])
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "backoffice.web.staticfiles.StaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "uploads"
# How often JSON may be asked for: by each key and from each address. Counted in memory, by each process for itself.
RATE_LIMIT_KEY = env("RATE_LIMIT_KEY", default="6000/minute")
RATE_LIMIT_ADDRESS = env("RATE_LIMIT_ADDRESS", default="12000/minute")
RATE_LIMIT_STORAGE = env("RATE_LIMIT_STORAGE", default="memory://")
UPLOAD_MAX_MB = GIVEN["UPLOAD_MAX_MB"]
# What one person may send in 24 hours, and what they may have sent that no record shows; what a company may have. In MB;
# 0 is without a limit.
UPLOAD_DAILY_MB = GIVEN["UPLOAD_DAILY_MB"]
UPLOAD_UNUSED_MB = GIVEN["UPLOAD_UNUSED_MB"]
UPLOAD_COMPANY_MB = GIVEN["UPLOAD_COMPANY_MB"]
# What no record has shown for so many days is removed.
UPLOAD_UNUSED_DAYS = GIVEN["UPLOAD_UNUSED_DAYS"]
FILE_UPLOAD_HANDLERS = [
    "backoffice.uploads.ingestion.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Beyond `uploads.receiving.MAX_FILES` they are not read and the page says so; beyond this, the request is no form of ours.
DATA_UPLOAD_MAX_NUMBER_FILES = 1000

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
# Widgets of our own have their templates where all the others are; the commonest of Django's need none.
FORM_RENDERER = "backoffice.forms.renderer.Renderer"

# Without a mail server, mails are printed where somebody tries the product, and refused where it serves for real.
EMAIL_CONFIG = GIVEN["EMAIL_URL"]
if HTTPS and not env("EMAIL_URL", default=""):
    EMAIL_CONFIG["EMAIL_BACKEND"] = "config.mail_backends.UnconfiguredBackend"
vars().update(EMAIL_CONFIG)
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":  # noqa: F821 # one of EMAIL_CONFIG
    EMAIL_BACKEND = "backoffice.mail.smtp.EmailBackend"  # with a deadline for the whole mail
EMAIL_TIMEOUT = 10  # seconds for each step; nobody waits for it but the threads of `backoffice.mail.queue`
# How many mails may go to people outside, by company and about one complaint; empty: no limit.
MAIL_LIMIT_COMPANY = env("MAIL_LIMIT_COMPANY", default="200/hour")
MAIL_LIMIT_COMPLAINT = env("MAIL_LIMIT_COMPLAINT", default="5/day")
DEFAULT_FROM_EMAIL = GIVEN["DEFAULT_FROM_EMAIL"]
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# A JSON body may be 1 MiB; forms with many rows may have more fields than Django's default allows.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# The same for every page, admin's included: nothing inline, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's sheet carries its small icons as data
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
# A session that is not used for so long ends.
SESSION_COOKIE_AGE = GIVEN["SESSION_DAYS"] * 86400
# One that is used ends so long after its sign-in all the same.
SESSION_MAX_AGE = GIVEN["SESSION_MAX_DAYS"] * 86400
# What would tell something by how long it takes is done when the answer has gone out.
WORK_BEHIND_ANSWERS = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
BEHIND_PROXY = GIVEN["BEHIND_PROXY"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = GIVEN["HSTS_SECONDS"] if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS and GIVEN["HSTS_INCLUDE_SUBDOMAINS"]
SECURE_HSTS_PRELOAD = HTTPS and GIVEN["HSTS_PRELOAD"]
# The product is often one host among others of its domain: whether they have HTTPS is for the operator to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "config.log_filters.RedactingFormatter",
            "fmt": "{asctime} {levelname} {name} [{request_id}] {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        # A pool logs each attempt to connect; the request that waited for it is logged once.
        "psycopg.pool": {"level": "ERROR"},
        # Requests that were refused (4xx) are no faults of the product, and any visitor can make them.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        "backoffice.mail": {"level": "INFO"},
        # Who signed in, who failed to, and what was changed of accounts.
        "backoffice.accounts.events": {"level": "INFO"},
    },
}
