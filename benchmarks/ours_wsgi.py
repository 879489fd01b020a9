"""Ours, as it is served, but for the number of rows on a page: as many as the peers show."""

from config.wsgi import application  # isort: split

from backoffice.db.connection import look_after_own_connection_only
from backoffice.web.views import lists

look_after_own_connection_only()
lists.PAGE_SIZE = 50

__all__ = ["application"]
