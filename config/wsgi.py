"""The WSGI application that gunicorn serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import get_resolver

from backoffice.db.transactions import limit_waiting_writers
from config.databases import bound_waits
from config.serving.one_at_a_time import serialize_requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
bound_waits(connection.settings_dict)
limit_waiting_writers()
# (The others work elsewhere, and several of their answers can be waited for at once.)
if connection.vendor == "sqlite":
    application = serialize_requests(application)
# What is loaded by now stays: the collector of garbage need not look through all of it again and again, and the first
# request need not wait for the addresses. Requests make thousands of objects that go by themselves.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 20)
