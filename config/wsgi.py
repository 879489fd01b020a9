"""The WSGI application that gunicorn serves."""

import os
import sys

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import get_resolver

from backoffice.db.writers import limit_waiting_writers
from config.databases import set_server_timeouts
from config.serving.request_serialization import serialize_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
find_problem = getattr(staticfiles_storage, "find_problem", None)
if find_problem is not None and (problem := find_problem()):
    print(problem, file=sys.stderr)  # otherwise each page would be an error
    sys.exit(1)
set_server_timeouts(connection.settings_dict)
limit_waiting_writers()
# Other databases run in processes of their own, so several requests can wait for them at once.
if connection.vendor == "sqlite":
    application = serialize_requests(application)
# Load the URLs before the first request.
_ = get_resolver().url_patterns
