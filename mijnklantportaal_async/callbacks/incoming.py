"""A request that came in and its answer, as every endpoint sees them, whatever framework brought them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import attrs

from mijnklantportaal_async.callbacks.headers import header_values


@attrs.frozen(kw_only=True)
class IncomingRequest:
    """One request, whose body is still on its way."""

    method: str
    """In capitals."""
    query: bytes = b""
    """What stands behind the question mark, as it came."""
    headers: tuple[tuple[bytes, bytes], ...] = attrs.field(repr=False)
    """As they came; repeated ones too."""
    parameters: Mapping[str, str] = attrs.field(repr=False)
    """Of the path: what the framework found for `{owner}`."""
    chunks: Callable[[], AsyncIterator[bytes]] = attrs.field(repr=False)
    """The body, piece by piece."""

    def values(self, name: str) -> list[bytes]:
        """Every value of a header."""
        return header_values(self.headers, name)


@attrs.frozen(kw_only=True)
class Answer:
    """What is answered."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class RefusedError(Exception):
    """The request is answered before anybody works on it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class ClientGoneError(Exception):
    """The body broke off: nobody waits for an answer."""


def refused(status: int, why: str, *headers: tuple[str, str]) -> RefusedError:
    """A refusal with a line of text."""
    return RefusedError(Answer(status=status, body=f"{why}\n".encode(), headers=headers))


@attrs.frozen
class BodyLimits:
    """How much of a body is read, and for how long."""

    most: int = 1_048_576
    """Bytes."""
    within: float = 10.0
    """Seconds of the machine."""


_MOST_DIGITS = 18


async def read_body(request: IncomingRequest, limits: BodyLimits) -> bytes:
    """The body of a request, and no byte more than may be.

    Raises:
        RefusedError: 413 beyond the limit, 408 too slow, 415 compressed.
        ClientGoneError: It broke off.
    """
    if any(value.strip().lower() != b"identity" for value in request.values("Content-Encoding")):
        # Some frameworks unpack it on the way: then a signature is no longer that of the bytes. Bombs are packed, too.
        raise refused(415, "A body with a Content-Encoding is not taken.")
    told = [value for value in request.values("Content-Length") if value.isdigit()]
    # A number of thousands of digits is none that Python reads.
    if any(len(value) > _MOST_DIGITS or int(value) > limits.most for value in told):
        raise refused(413, f"The body has more than {limits.most} bytes.")
    try:
        async with asyncio.timeout(limits.within):
            return await _read(request, limits.most)
    except TimeoutError:
        raise refused(408, f"The body did not arrive within {limits.within:g} seconds.") from None


async def _read(request: IncomingRequest, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.chunks():
        size += len(part)
        if size > most:
            raise refused(413, f"The body has more than {most} bytes.")
        parts.append(part)
    return b"".join(parts)
