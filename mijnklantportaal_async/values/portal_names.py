"""What portals are called: their names, the variables and the addresses that belong to them. Pure functions."""

import re
from urllib.parse import urlsplit

DEFAULT_PORTAL = "default"
"""Name of the portal whose key stands in MIJNKLANTPORTAAL_API_KEY itself."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_portal_name(name: str) -> str:
    """A name that can be part of a file's name and, in capitals, of a variable's.

    Raises:
        ValueError: It holds anything but letters, digits, `.`, `_` and `-`, or is longer than 64 characters.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"portal name {name!r}: use letters, digits, '.', '_' and '-', beginning with a letter or digit, "
            "at most 64 characters"
        )
    return name


def variable(base: str, name: str) -> str:
    """The environment variable of a portal: `MIJNKLANTPORTAAL_API_KEY_PRAKTIJK_OOST`."""
    return base if name == DEFAULT_PORTAL else f"{base}_{spelling(name)}"


def spelling(name: str) -> str:
    """A name as variables have it: `Praktijk-Oost` and `praktijk_oost` are one."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def normal_address(address: str) -> str:
    """A base URL as it is compared: no slash at the end, host and scheme in lower case, no port that is usual."""
    parts = urlsplit(address.rstrip("/"))
    if not parts.scheme or not parts.hostname:
        return address.rstrip("/")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path}"
