import os

import django
from django.core.wsgi import get_wsgi_application

from benchmarks.calling import wsgi
from benchmarks.systems.json_peers import JsonPeer

os.environ.update(PEER="ninja", DJANGO_SETTINGS_MODULE="benchmarks.peers.settings")
django.setup()


class System(JsonPeer):
    def __init__(self):
        super().__init__(wsgi(get_wsgi_application()))
