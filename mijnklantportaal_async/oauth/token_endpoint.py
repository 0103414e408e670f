"""The rim: asks the token endpoint for tokens, and says what its answer means. JSON both ways, as documented.

Source: https://docs.developers.mijnklantportaal.nl/getting-started/authentication
"""

import asyncio
import re
import ssl as ssl_module
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, cast

import aiohttp
import attrs
import orjson

from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.headers import retry_after
from mijnklantportaal_async.calling.observe import Observer
from mijnklantportaal_async.oauth.errors import ClientRefusedError, TokenEndpointError
from mijnklantportaal_async.oauth.renewal_account import RenewalAccount
from mijnklantportaal_async.oauth.tokens import PortalTokens, UnreadableTokensError, tokens_in
from mijnklantportaal_async.values.clock import Clock

TLS: TypeAlias = ssl_module.SSLContext | aiohttp.Fingerprint | bool

PATH = "/oauth/tokens"

ATTEMPT = 45.0
"""Seconds for one request: longer than for other calls. A lost answer here can cost a refresh token."""

WHOLE = 90.0
"""Seconds after which no further request is begun."""

ATTEMPTS = 4

AT_ONCE = 8
"""Requests under way at once: owners who connected on one day are renewed on one day."""

LARGEST_ANSWER = 64 * 1024

LONGEST_PAUSE = 20.0
"""Seconds that the endpoint may ask to wait, and is waited for; longer ones are handed to the caller."""

_OF_THE_APPLICATION = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_redirect_uri"}
)
"""Codes (RFC 6749, 5.2) that are about the application, whoever's tokens it asks for."""

_LATER = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
"""Codes (RFC 6749, 4.1.2.1, and RFC 8628) that ask to come again, with whatever status they stand in."""

_LOST = frozenset({408, 425, 460, 499})
"""Said by what stands before the service when the answer did not come in time."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


@attrs.frozen
class Refusal:
    """The portal gives no tokens: a JSON answer with 400 or 401.

    Attributes:
        code: Its error code; empty where there is none.
        status: 400 or 401.
    """

    code: str
    status: int


class TokenEndpoint:
    """Asks for tokens, again and again where that does no harm.

    Args:
        base_url: Checked, without a trailing slash.
        client_id: Of the application.
        client_secret: Of the application.
        ssl: TLS settings.
        user_agent: What we call ourselves.
        clock: Where time comes from.
        jitter: A random number from 0 to 1.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str,
        client_secret: Token,
        ssl: TLS,
        user_agent: str,
        clock: Clock,
        jitter: Callable[[], float],
    ) -> None:
        self._base_url = base_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._ssl = ssl
        self._user_agent = user_agent
        self._clock = clock
        self._jitter = jitter
        self._http: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places = asyncio.Semaphore(AT_ONCE)

    async def exchange(self, code: Token, redirect_uri: str) -> PortalTokens | Refusal:
        """The first tokens, for the code that came back with the owner.

        Raises:
            ClientRefusedError: The application is unknown, or its secret is wrong.
            TokenEndpointError: It does not help for now.
        """
        grant: dict[str, str | Token] = {"grant_type": "authorization_code", "redirect_uri": redirect_uri, "code": code}
        return await self._ask(grant)

    def account(self, observer: Observer) -> RenewalAccount:
        """An account of a renewal that asks here."""
        return RenewalAccount(observer, self._clock, base_url=self._base_url, path=PATH)

    async def refresh(
        self,
        before: PortalTokens,
        refresh_token: Token,
        about_to_send: Callable[[float], Awaitable[None]],
        account: RenewalAccount | None = None,
    ) -> PortalTokens | Refusal:
        """New tokens for old ones.

        Args:
            before: The old ones.
            refresh_token: Theirs.
            about_to_send: Awaited before each request, with the seconds of the machine that it may take.
            account: Where it is told.

        Raises:
            ClientRefusedError: As for `exchange`.
            TokenEndpointError: As for `exchange`. The answer may be lost that had the tokens.
        """
        grant: dict[str, str | Token] = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return await self._ask(grant, before, about_to_send, account)

    async def aclose(self) -> None:
        """Closes the connections. Any number of times."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    # --- inside ------------------------------------------------------------------------------------------------

    async def _ask(
        self,
        grant: Mapping[str, str | Token],
        before: PortalTokens | None = None,
        about_to_send: Callable[[float], Awaitable[None]] | None = None,
        account: RenewalAccount | None = None,
    ) -> PortalTokens | Refusal:
        clock = self._clock
        until = clock.monotonic() + WHOLE
        was_lost, number = False, 0
        while True:
            number += 1
            async with self._places:
                if about_to_send is not None:
                    # Whoever stands still longer than this has lost the right to speak for the owner.
                    await about_to_send(clock.real(ATTEMPT * 1.5))
                result = await self._ask_once(grant, before, account)
            if not isinstance(result, TokenEndpointError):
                return result
            was_lost = was_lost or result.was_lost
            result.was_lost, result.attempts = was_lost, number
            pause = (0.5 + self._jitter() / 2) * min(0.5 * 2 ** (number - 1), 5.0)
            pause = max(pause, result.retry_after or 0.0)
            is_last = number == ATTEMPTS or pause > LONGEST_PAUSE or clock.monotonic() + pause >= until
            if is_last or not _may_pass(result):
                raise result
            await clock.sleep(pause)

    async def _ask_once(
        self, grant: Mapping[str, str | Token], before: PortalTokens | None, account: RenewalAccount | None
    ) -> PortalTokens | Refusal | TokenEndpointError:
        if account is not None:
            account.begin_attempt()
        asked_at = self._clock.wall()
        said, was_sent = "", True
        status, headers, body = 0, cast("Mapping[str, str]", {}), b""
        try:
            async with asyncio.timeout(self._clock.real(ATTEMPT)):
                async with self._session().post(
                    self._base_url + PATH, data=self._body(grant), allow_redirects=False, ssl=self._ssl
                ) as response:
                    status, headers, body = response.status, response.headers, await _read(response)
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorDNSError) as error:
            said, was_sent = f"no connection: {error}", False
        except TimeoutError:
            said = f"no answer within {ATTEMPT:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            said = f"{type(error).__name__}: {error}"
        # Out here nothing hangs on to the request, which has the secret in it.
        failure = TokenEndpointError(f"The token endpoint gave no answer ({said})", was_lost=was_sent) if said else None
        if account is not None:
            account.end_attempt(status or None, failure)
        if failure is not None:
            return failure
        return self._understand(status, headers, body, asked_at, before)

    def _understand(
        self,
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        asked_at: float,
        before: PortalTokens | None,
    ) -> PortalTokens | Refusal | TokenEndpointError:
        if 200 <= status < 300:
            try:
                return tokens_in(body, asked_at, before)
            except UnreadableTokensError as error:
                text = f"The token endpoint answered {status}, and nobody can read it: {error}"
                return TokenEndpointError(text, status=status, was_lost=True)
        refused = _refusal_in(body) if status in {400, 401} else None
        if refused is not None and refused in _OF_THE_APPLICATION:
            raise ClientRefusedError(
                f"The portal refuses the application itself ({status} {refused}): its id or secret is wrong",
                code=refused,
            )
        if refused is not None and refused not in _LATER:
            return Refusal(refused, status)
        return TokenEndpointError(
            f"The token endpoint answered {status}, which is no word about the tokens",
            status=status,
            was_lost=status >= 500 or status in _LOST,
            says_later=refused in _LATER,
            retry_after=retry_after(headers),
        )

    def _body(self, grant: Mapping[str, str | Token]) -> bytes:
        # All that holds a secret stands in one expression: what prints the variables of a traceback prints no key.
        return orjson.dumps(
            {
                "client_id": self._client_id,
                "client_secret": self._client_secret.reveal(),
                **{name: value.reveal() if isinstance(value, Token) else value for name, value in grant.items()},
            }
        )

    def _session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._http is not None and self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise RuntimeError(
                    "This OAuthApp belongs to another event loop, which is still open; make one per loop"
                )
            self._http = None
        if self._http is None:
            self._loop = loop
            self._places = asyncio.Semaphore(AT_ONCE)
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=AT_ONCE, keepalive_timeout=15.0),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                headers={
                    "Accept": "application/json",
                    "Content-Type": "application/json",
                    "User-Agent": self._user_agent,
                },
            )
        return self._http


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise ValueError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        parts.append(part)
    return b"".join(parts)


def _refusal_in(body: bytes) -> str | None:
    """The code of a refusal; empty where it names none; None where it is no JSON object, and so nobody's word."""
    try:
        document: Any = orjson.loads(body)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    code: Any = document.get("error")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    # A text for people is none of ours: it may repeat anything.
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _may_pass(error: TokenEndpointError) -> bool:
    """Whether asking again may help."""
    status = error.status
    return error.says_later or status is None or status < 300 or status >= 500 or status in _LOST or status == 429
