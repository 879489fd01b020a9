"""Client IP addresses."""

import ipaddress
from contextvars import ContextVar
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

current_address: ContextVar[str] = ContextVar("current_address", default="")
"""The client address of the current request; empty in commands and background jobs. Only for log messages and
notices."""


def client_address(request: HttpRequest) -> str:
    """Return the client address. Behind a proxy, this is the last `X-Forwarded-For` entry, which the proxy
    itself wrote; the client can forge all entries before it."""
    if settings.BEHIND_PROXY and (
        last := request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    ):
        return last
    return request.META.get("REMOTE_ADDR", "")


@lru_cache(maxsize=4096)
def client_network(address: str) -> str:
    """Return the network that is counted as one client: the IPv4 address, or the /64 network of an IPv6
    address, which one subscriber has. Accepts addresses with a port, as some proxies write them."""
    host = address[1:].partition("]")[0] if address.startswith("[") else address
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return address
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((int(ip), 64), strict=False))


def coarse_address(address: str) -> str:
    """Return an address as the list of sessions shows it: an IPv4 address without its last number, or the /48
    network of an IPv6 address; empty if it is not an IP address."""
    try:
        ip = ipaddress.ip_address(client_network(address).partition("/")[0])
    except ValueError:
        return ""
    if ip.version == 4:
        return f"{str(ip).rpartition('.')[0]}.x"
    return f"{ipaddress.IPv6Network((int(ip), 48), strict=False).network_address}/48"
