"""Names of hosts: which of them are this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """Return the host that a URL names, without its port; empty when it names none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_own_host(host_header: str, bound_host: str) -> bool:
    """Tell whether a `Host` header names a loopback host or the host that is listened on."""
    name = host_of(f"//{host_header}")
    return bool(name) and (is_loopback(name) or name == bound_host.lower())
