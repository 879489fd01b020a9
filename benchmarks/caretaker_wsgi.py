"""Caretaker as it is served, except for the number of rows on a page: as many as the peers show."""

from config.wsgi import application  # isort: split

from backoffice.web.views import lists

lists.PAGE_SIZE = 50

__all__ = ["application"]
