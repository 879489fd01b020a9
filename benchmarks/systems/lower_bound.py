from benchmarks.calling import wsgi
from benchmarks.peers.lower_bound import application
from benchmarks.systems.json_peers import JsonPeer


class System(JsonPeer):
    def __init__(self):
        super().__init__(wsgi(application))
