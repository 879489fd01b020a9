"""API key authentication for Django REST framework."""

from rest_framework import authentication, exceptions

from benchmarks.peers.desk.models import Key


class KeyAuthentication(authentication.BaseAuthentication):
    def authenticate(self, request):
        text = request.headers.get("X-API-Key")
        if not text:
            return None
        owner = Key.owner_of(text)
        if owner is None:
            raise exceptions.AuthenticationFailed("This key is not valid.")
        return owner, None

    def authenticate_header(self, request):
        return "X-API-Key"
