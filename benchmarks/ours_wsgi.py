"""Ours, as it is served, but for the number of rows on a page: as many as the peers show."""

from config.wsgi import application  # isort: split

from backoffice.web import lists

lists.PAGE_SIZE = 50

__all__ = ["application"]
