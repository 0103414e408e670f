"""The headers of a request that came in, whatever the framework hands over."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
"""A mapping (of aiohttp, Starlette, Django, a dict), or pairs as they came: a repeated header must show twice."""


def header_values(headers: Headers, name: str) -> list[bytes]:
    """Every value of a header, in order, as bytes; a repeated one has several.

    Args:
        headers: As the framework has them.
        name: In any case.

    Raises:
        TypeError: They are no headers.
    """
    wanted = name.lower().encode()
    return [value for found, value in pairs_of(headers) if found.lower() == wanted]


def pairs_of(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers as pairs of bytes.

    Raises:
        TypeError: They are no headers.
    """
    # `items()` of the multi-dicts of aiohttp, Starlette and Litestar has a repeated header as often as it came.
    items = getattr(headers, "items", None)
    given = cast("Iterable[object]", items() if callable(items) else headers)
    if isinstance(given, (str, bytes)):
        raise TypeError("headers must be those of the request: request.headers, a dict, or a list of pairs")
    return [_pair(item) for item in given]


def _pair(item: object) -> tuple[bytes, bytes]:
    if isinstance(item, (tuple, list)):
        parts = cast("list[object]", item)
        if len(parts) == 2 and all(isinstance(part, (str, bytes)) for part in parts):
            name, value = cast("list[str | bytes]", parts)
            return _bytes(name), _bytes(value)
    raise TypeError("headers must be those of the request: request.headers, a dict, or a list of pairs")


def _bytes(text: str | bytes) -> bytes:
    """The bytes on the wire where they were ASCII; anything else only has to differ from it, and never to fail."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
