"""Where a request comes from."""

import ipaddress
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

current_address: ContextVar[str] = ContextVar("current_address", default="")
"""Where the request under way comes from; empty for commands and background work. For log lines and notices only."""


def client_address(request: HttpRequest) -> str:
    """Where a request comes from. Behind a proxy it is what the proxy itself wrote: the last hop, for everything
    before that may be made up."""
    if settings.BEHIND_PROXY and (
        last := request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    ):
        return last
    return request.META.get("REMOTE_ADDR", "")


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """What is counted as one: an IPv4 address, or the 64 bits of an IPv6 one that one subscriber has. Some proxies
    write the port behind it."""
    host = address[1:].partition("]")[0] if address.startswith("[") else address
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found), 64), strict=False))


def coarse_address(address: str) -> str:
    """Return an address as a list of sessions shows it: an IPv4 address without its last number, the first 48 bits of
    an IPv6 address, nothing of what is no address."""
    try:
        found = ipaddress.ip_address(network(address).partition("/")[0])
    except ValueError:
        return ""
    if found.version == 4:
        return f"{str(found).rpartition('.')[0]}.x"
    return f"{ipaddress.IPv6Network((int(found), 48), strict=False).network_address}/48"
