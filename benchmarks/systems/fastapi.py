from benchmarks.calling import asgi
from benchmarks.peers.fastapi_app import app
from benchmarks.systems.json_peers import JsonPeer


class System(JsonPeer):
    def __init__(self):
        super().__init__(asgi(app))
