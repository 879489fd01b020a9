"""Settings of the test suite: the product's settings without what only slows tests down."""

import atexit
import os
import shutil
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-the-tests-" + "0" * 40)
os.environ.setdefault("SECRETS_HASH_KEY", "only-for-the-tests-" + "1" * 40)
os.environ.setdefault("FIELD_KEYS", "only-for-the-tests-" + "2" * 24 + "=")

# Each test process, with its subprocesses, uses one of the servers of `scripts.throwaway_servers`.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    servers = os.environ.pop("DATABASE_URLS", "").split()
    if servers:
        os.environ["DATABASE_URL"] = servers[int(worker.removeprefix("gw")) % len(servers)]

from config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # The live server does not serve hashed file names.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = tempfile.mkdtemp(prefix="uploads-of-tests-")
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)
# Otherwise each new test client scans all collected files.
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["*"]
# Tests send requests at full speed.
RATE_LIMIT_KEY = RATE_LIMIT_ADDRESS = RATE_LIMIT_PAGES = ""
WORK_BEHIND_ANSWERS = False
