"""Where requests go: base URLs, paths, queries and proxies, checked so that the key gets nowhere else."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit


def with_query(path: str, query: Mapping[str, str | int | None]) -> str:
    """`path` with its query string; parameters that are None are left out."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


_PATH = re.compile(r"/[^\s?#\\\x00-\x1f\x7f]*")


def check_path(path: str) -> str:
    """A path below the base URL, for operations that have no coroutine yet.

    Raises:
        ValueError: It could lead somewhere else, or carries a query.
    """
    if not _PATH.fullmatch(path) or "//" in path or {".", ".."} & set(path.lower().replace("%2e", ".").split("/")):
        raise ValueError(
            f"path={path!r} must begin with one '/', as in '/appointments', without '//', '.' or '..' segments, "
            "spaces, '?' or '#'; give the query as query={...}"
        )
    return quote(path, safe="/%:@!$&'()*+,;=-._~")


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
