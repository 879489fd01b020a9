"""The WSGI application that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import get_resolver

from backoffice.db.transactions import limit_waiting_writers
from config.databases import set_server_timeouts
from config.serving.request_serialization import serialize_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
set_server_timeouts(connection.settings_dict)
limit_waiting_writers()
# Other databases run in processes of their own, so several requests can wait for them at once.
if connection.vendor == "sqlite":
    application = serialize_requests(application)
# Load the URLs before the first request. Then exclude all loaded objects from garbage collection and collect
# less often: requests create thousands of short-lived objects (see docs/performance.md).
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
