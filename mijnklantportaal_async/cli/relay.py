"""Passes the calls of webhooks on to an application, byte for byte, and says what came of each."""

import socket
from collections.abc import Awaitable, Callable, Sequence

import aiohttp
import attrs
from aiohttp import web
from aiohttp.abc import ResolveResult
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from mijnklantportaal_async.callbacks.endpoint import LOGGER
from mijnklantportaal_async.callbacks.errors import WebhookError
from mijnklantportaal_async.callbacks.signature import Secret
from mijnklantportaal_async.callbacks.webhooks import parse
from mijnklantportaal_async.errors import MijnKlantportaalError
from mijnklantportaal_async.texts.words import words

MOST = 1_048_576
"""Bytes of a call, and of an answer."""

PATIENCE = 30.0
"""Seconds for the application."""

_OF_THE_CONNECTION = frozenset(
    (
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "host", "content-length", "expect"),
    )
)
_ADDED_BY_AIOHTTP = ("Accept", "Accept-Encoding", "User-Agent", "Content-Type")


@attrs.frozen(kw_only=True)
class Passed:
    """One call, and what came of it. Nothing of its headers: read literally, the signature is the secret."""

    type: str
    record_id: str
    proof: str
    """`hmac` or `secret`; empty when it was not proven."""
    problem: str
    """Why it was not proven, or not understood."""
    status: int
    """That the application answered; 502 when it did not."""
    hint: str = ""
    """What to do."""


class Relay:
    """Receives calls, and passes them on.

    Args:
        forward_to: The URL of the application, used as it stands.
        secrets_of: Looks up the secrets of the webhooks; True when the last ones were not enough.
        show: Told of each call.
    """

    def __init__(
        self,
        forward_to: str,
        secrets_of: Callable[[bool], Awaitable[Sequence[Secret]]],
        show: Callable[[Passed], None],
    ) -> None:
        self._forward_to = URL(forward_to, encoded=True)
        self._secrets_of = secrets_of
        self._show = show
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Lets go of the connections."""
        if self._http is not None:
            await self._http.close()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Passes one call on, and its answer back."""
        body = await _read(request.content)
        if body is None:
            return web.Response(status=413, text="The call has more than 1 MiB.\n")
        seen = await self._look(body, request)
        answer, hint = await self._pass_on(request, body)
        self._show(attrs.evolve(seen, status=answer.status, hint=hint))
        return answer

    async def _look(self, body: bytes, request: web.BaseRequest) -> Passed:
        problem = words("no webhook is known, so it was not checked")
        for again in (False, True):
            try:
                secrets = await self._secrets_of(again)
            except MijnKlantportaalError as error:
                problem = words("not checked: the secrets could not be looked up ({why})", why=error.message)
                break
            if not secrets:
                continue
            try:
                event = parse(body, request.raw_headers, secrets)
            except WebhookError as error:
                problem = error.message
            else:
                known = event.record_id or ""
                return Passed(type=event.type or "", record_id=known, proof=event.proof, problem="", status=0)
        return Passed(type="", record_id="", proof="", problem=problem, status=0)

    async def _pass_on(self, request: web.BaseRequest, body: bytes) -> tuple[web.Response, str]:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=_BothFamilies()),
                timeout=aiohttp.ClientTimeout(PATIENCE),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        headers = _passed(request.headers)
        try:
            async with self._http.request(
                request.method,
                self._forward_to,
                data=body,
                headers=headers,
                allow_redirects=False,
                skip_auto_headers=_ADDED_BY_AIOHTTP,
            ) as response:
                content = await _read(response.content)
                hint = ""
                if content is None:
                    hint = words("your application answered with more than 1 MiB; the portal reads its status only")
                    return web.Response(status=response.status), hint
                if response.status >= 500:
                    # Without a handler of its own the program says nothing: libraries must not print.
                    hint = words(
                        "your application failed; its log says why (logger {name}: logging.basicConfig())",
                        name=LOGGER.name,
                    )
                if 300 <= response.status < 400:
                    hint = words("it redirects, which no webhook follows: give --forward-to as it answers itself")
                return web.Response(status=response.status, body=content, headers=_passed(response.headers)), hint
        except TimeoutError:
            hint = words("your application did not answer within {seconds:g} s", seconds=PATIENCE)
        except aiohttp.ClientSSLError:
            hint = words("your application speaks no TLS, or with a certificate that nobody trusts; give http:// here")
        except aiohttp.ClientConnectorError:
            hint = words("nothing listens at {address}; start your application", address=self._forward_to.origin())
        except aiohttp.ClientError as error:
            hint = words("your application broke off ({error}); its own log says more", error=type(error).__name__)
        return web.Response(status=502, text=f"{hint}\n"), hint


class _BothFamilies(aiohttp.ThreadedResolver):
    """Knows localhost by itself: applications listen on the one or the other, and systems name but one of them."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Looks up a name."""
        if host != "localhost":
            return await super().resolve(host, port, family)
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address, kind in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6))
        ]


async def _read(stream: aiohttp.StreamReader) -> bytes | None:
    """All of a body, which comes in pieces; None when it is too much."""
    body = bytearray()
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > MOST:
            return None
    return bytes(body)


def _passed(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers of a message, without those of its connection."""
    kept: CIMultiDict[str] = CIMultiDict(headers)
    for name in list(kept):
        if name.lower() in _OF_THE_CONNECTION and name in kept:
            del kept[name]
    return kept
