"""Common parts of the Django peers with pages: a signed-in session."""

import os
from importlib import import_module

import django


def set_up(peer: str):
    os.environ.update(PEER=peer, DJANGO_SETTINGS_MODULE="benchmarks.peers.settings")
    django.setup()


def cookie_of(user) -> str:
    """Return the session cookie of a signed-in user."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = user._meta.pk.value_to_string(user)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return f"{settings.SESSION_COOKIE_NAME}={store.session_key}"
