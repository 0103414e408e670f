"""E-mail addresses as programs write them: `Anna <anna@example.nl>`, `mailto:anna@example.nl`."""

import re

from mijnklantportaal_async.values.checks import check_email

_NAMED = re.compile(r'(?:"?(?P<name>[^<>"]*)"?\s*)?<(?P<address>[^<>\s]+@[^<>\s]+)>')
_SEVERAL = re.compile(r"@[^@]*[\s,;][^@]*@")
_DOMAIN = re.compile(r"[^.@]+(?:\.[^.@]+)*")


def bare_address(text: str) -> str:
    """An address without what programs write around it."""
    text = text.strip("; ,")
    if text[:7].lower() == "mailto:":
        text = text[7:].strip()
    if text.endswith(">") and (named := _NAMED.fullmatch(text)) is not None:
        return named["address"]
    return text


def check_address(value: str, field: str) -> str:
    """An address that can be right, without what stands around it.

    Raises:
        ValueError: It is none, or several.
    """
    address = bare_address(value)
    if _SEVERAL.search(address):
        raise ValueError(f"{field}={value!r} holds several addresses, and the portal takes one; leave the others out")
    check_email(address, field)
    local, _, domain = address.rpartition("@")
    if not local.strip(".") or not _DOMAIN.fullmatch(domain):
        raise ValueError(f"{field}={value!r} is not an e-mail address; write it as name@example.nl")
    return address
