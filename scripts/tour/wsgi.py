"""The product's WSGI application; on the MongoDB stand-in, with what the stand-in needs."""

from config.wsgi import application
from tests.support import mongodb_stand_in

__all__ = ["application"]

if mongodb_stand_in.is_stand_in():
    mongodb_stand_in.apply_workarounds()
