"""Where requests go: base URLs, paths, queries and proxies, checked so that the key gets nowhere else."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote, urlencode, urlsplit

from mijnklantportaal_async.calling.auth import hide
from mijnklantportaal_async.texts.words import words


def with_query(path: str, query: Mapping[str, str | int | None]) -> str:
    """`path` with its query string; parameters that are None are left out."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


def check_query(query: Mapping[str, str | int | None]) -> Mapping[str, str | int | None]:
    """The parameters of an operation that has no coroutine yet.

    Raises:
        TypeError: A name or value is of a type that could be written in more than one way.
        ValueError: A text cannot be written in UTF-8.
    """
    if not isinstance(query, Mapping):
        raise TypeError(f"query must be a dict, not {type(query).__name__}")
    for name, value in query.items():
        if not isinstance(name, str):
            raise TypeError(f"query has the name {name!r}, which is no str")
        if value is not None and (isinstance(value, bool) or not isinstance(value, (str, int))):
            raise TypeError(
                f"query[{name!r}] must be a str, an int or None, not {type(value).__name__}: {value!r}; "
                "write it as the portal wants to read it"
            )
        if isinstance(value, str) and not value.isprintable() and re.search("[\ud800-\udfff]", value):
            raise ValueError(f"query[{name!r}]={value!r} is half a character, which no URL can hold")
    return query


_PATH = re.compile(r"/[^\s?#\\\x00-\x1f\x7f]*")


def check_path(path: str) -> str:
    """A path below the base URL, for operations that have no coroutine yet.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It could lead somewhere else, or carries a query.
    """
    if not isinstance(path, str):
        raise TypeError(f"path must be a str, not {type(path).__name__}")
    if not _PATH.fullmatch(path) or "//" in path or {".", ".."} & set(path.lower().replace("%2e", ".").split("/")):
        raise ValueError(
            f"path={path!r} must begin with one '/', as in '/appointments', without '//', '.' or '..' segments, "
            "spaces, '?' or '#'; give the query as query={...}"
        )
    return quote(path, safe="/%:@!$&'()*+,;=-._~")


COLLECTIONS = frozenset(
    {
        "agreements",
        "appointments",
        "customer-groups",
        "customer-invoices",
        "customer-offers",
        "customer-subscription-packages",
        "customer-subscriptions",
        "customers",
        "file-requests",
        "file-shares",
        "files",
        "invoices",
        "payment-links",
        "punch-cards",
        "tickets",
        "webhooks",
    }
)
"""What the paths of operations begin with: a base URL that ends so would be asked for `/appointments/appointments`."""


def check_base_url(base_url: str) -> str:
    """The base URL without a trailing slash.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is no URL, holds a password, query or fragment, leads to one operation instead of all, or would
            send the key unencrypted over a network.
    """
    if not isinstance(base_url, str):
        raise TypeError(f"base_url must be a str, not {type(base_url).__name__}; give str(url) of a URL object")
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError as error:
        raise ValueError(
            words("base_url={base_url} is not a URL: {error}", base_url=repr(base_url), error=error)
        ) from None
    host = parts.hostname
    if "@" in parts.netloc:
        raise ValueError(words("base_url must not hold a user name or password; give the key as api_key="))
    if not host or parts.scheme not in {"https", "http"} or parts.query or parts.fragment or re.search(r"\s", base_url):
        raise ValueError(
            words("base_url={base_url} must look like 'https://api.mijnklantportaal.nl/v1'", base_url=repr(base_url))
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            words(
                "base_url={base_url} would send the key unencrypted; use https (http only for 127.0.0.1)",
                base_url=repr(base_url),
            )
        )
    base_url = base_url.rstrip("/")
    *most, last = base_url.split("/")
    if last in COLLECTIONS and parts.path.strip("/"):
        raise ValueError(
            words(
                "base_url={base_url} is the address of {last}; give the one of the API: {most}",
                base_url=repr(base_url),
                last=last,
                most=repr("/".join(most)),
            )
        )
    return base_url


def check_proxy(proxy: str) -> str:
    """The URL of an HTTP proxy. Of others aiohttp would make something else without a word.

    Raises:
        TypeError: It is not a `str`.
        ValueError: It is none. It is not repeated: it may hold a password.
    """
    hidden = hide(proxy)
    # With an error the variables of this line may be printed.
    del proxy
    fault = _fault_of_proxy(hidden.reveal())
    if fault is not None:
        raise fault
    return hidden.reveal()


def _fault_of_proxy(proxy: object) -> Exception | None:
    """Returned, not raised: no frame that knows the password is to be in a traceback."""
    if not isinstance(proxy, str):
        return TypeError(f"proxy must be a str, as in 'http://proxy.example:3128', not {type(proxy).__name__}")
    try:
        parts = urlsplit(proxy)
        _ = parts.port
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", proxy)
        reason = words("; SOCKS cannot be spoken") if parts.scheme.startswith("socks") else ""
    except ValueError:
        is_right, reason = False, ""
    if not is_right:
        return ValueError(
            words(
                "the proxy must be the URL of an HTTP proxy, as in 'http://proxy.example:3128'{reason}", reason=reason
            )
        )
    return None


def is_loopback(host: str) -> bool:
    """Whether a host name means this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
