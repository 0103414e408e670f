"""Where a key may be sent: the portal's address, and that of a proxy on the way."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit


def check_base_url(base_url: str) -> str:
    """The base URL without a trailing slash.

    Raises:
        ValueError: It is no URL, holds a password, query or fragment, or would send the key unencrypted over a network.
    """
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"base_url={base_url!r} is not a URL: {error}") from None
    host = parts.hostname
    if "@" in parts.netloc:
        raise ValueError("base_url must not hold a user name or password; give the key as api_key=")
    if not host or parts.scheme not in {"https", "http"} or parts.query or parts.fragment or re.search(r"\s", base_url):
        raise ValueError(f"base_url={base_url!r} must look like 'https://api.mijnklantportaal.nl/v1'")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"base_url={base_url!r} would send the key unencrypted; use https (http only for 127.0.0.1)")
    return base_url.rstrip("/")


def check_proxy(proxy: str) -> str:
    """The URL of an HTTP proxy. Of others aiohttp would make something else without a word.

    Raises:
        ValueError: It is none. It is not repeated: it may hold a password.
    """
    try:
        parts = urlsplit(proxy)
        _ = parts.port
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", proxy)
        reason = "; SOCKS cannot be spoken" if parts.scheme.startswith("socks") else ""
    except ValueError:
        is_right, reason = False, ""
    if not is_right:
        raise ValueError(f"the proxy must be the URL of an HTTP proxy, as in 'http://proxy.example:3128'{reason}")
    return proxy


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
