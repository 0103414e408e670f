"""The hosts that temporary links to files lead to: others than the portal's, which get nothing of the portal's.

Requests to them are built from nothing: no key, no cookies, no headers of a session, nothing out of a netrc. What they
answer says nothing about the portal.
"""

import asyncio
import html
import ssl as ssl_module
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

import aiohttp
from aiohttp import hdrs
from yarl import URL

from mijnklantportaal_async.calling.addresses import is_loopback
from mijnklantportaal_async.calling.arrival import Head
from mijnklantportaal_async.calling.auth import Token
from mijnklantportaal_async.calling.saving import name_in
from mijnklantportaal_async.errors import EXCERPT_LENGTH, DownloadError, one_line
from mijnklantportaal_async.texts.words import words

MOST_REDIRECTS = 5

READ_AT_ONCE = 256 * 1024
"""Bytes that aiohttp holds for us."""

_SHORTEST_SECRET = 3
"""Characters up to which a part of a link is none."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class BrokenOffError(Exception):
    """The way to the host, or the answer, broke. Trying again may help. Its text never holds a link."""


class Arriving:
    """An answer of a host, whose body is still to come.

    Attributes:
        head: What it says.
        name: The last segment of its address.
        host: Who answers.
    """

    def __init__(self, response: aiohttp.ClientResponse, way: Sequence[str]) -> None:
        self._response = response
        self._way = way
        self.host = response.url.host or ""
        self.name = name_in(response.url.raw_path)
        self.head = Head(response.status, response.headers, self.name)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body as it travels.

        Raises:
            BrokenOffError: It broke off.
        """
        failure = ""
        try:
            # One after the other as they came: `iter_any` puts together what lies there, which copies it.
            async for piece, _ in self._response.content.iter_chunks():
                if piece:
                    yield piece
        except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as error:
            # RuntimeError: of a connection that was closed here, with its session.
            failure = reason_of(error)
        if failure:
            raise BrokenOffError(words("the file broke off: {failure}", failure=failure))

    async def excerpt(self) -> str:
        """The beginning of what a refusal says, without the links that led there."""
        secrets = _secrets_in(self._way)
        # Long enough that no secret is cut in two where the excerpt ends.
        most = EXCERPT_LENGTH + max(map(len, secrets), default=0) * 4
        content = b""
        with suppress(BrokenOffError):
            async for piece in self.pieces():
                content += piece
                if len(content) >= most:
                    break
        text = content[:most].decode("utf-8", "replace")
        for secret in secrets:
            text = text.replace(secret, "***")
        return one_line(text, EXCERPT_LENGTH)

    def close(self) -> None:
        """Ends it. A connection that brought all of it is kept."""
        if self._response.content.is_eof() and self._response.content.exception() is None:
            self._response.release()
        else:
            self._response.close()


def for_good(message: str, **context: Any) -> DownloadError:
    """The end of a download that another try would not change."""
    return DownloadError(message, is_permanent=True, **context)


class FileHosts:
    """Asks for files, over connections of its own.

    Args:
        proxy: URL of an HTTP proxy, the same as for the portal.
        ssl: TLS settings. A fingerprint is the portal's, and no other host's.
        base_url: Of the portal; where that is on this machine, links may lead there without TLS.
        user_agent: What we call ourselves.
    """

    def __init__(self, *, proxy: Token | None, ssl: Any, base_url: str, user_agent: str) -> None:
        self._proxy = proxy
        self._ssl = ssl if isinstance(ssl, (bool, ssl_module.SSLContext)) else True
        self._may_use_http = is_loopback(urlsplit(base_url).hostname or "")
        self._headers = {hdrs.ACCEPT: "*/*", hdrs.ACCEPT_ENCODING: "identity", hdrs.USER_AGENT: user_agent}
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def ask(self, link: Token, more: Mapping[str, str], seconds: float | None) -> Arriving:
        """Asks for a file, wherever its link leads in the end.

        Args:
            link: Checked at each step of the way.
            more: Headers of this request.
            seconds: Without a byte, after which it is given up.

        Raises:
            BrokenOffError: There is no answer.
            DownloadError: The way leads where it may not, or to no end.
        """
        url = self._checked(link)
        way = [link.reveal()]
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._get(url, more, seconds)
            if response.status not in _REDIRECTS:
                return Arriving(response, way)
            place = response.headers.get(hdrs.LOCATION, "")
            response.close()
            if not place:
                raise for_good(
                    words("{host} redirects to nowhere", host=url.host), host=url.host or "", status=response.status
                )
            url = self._redirected(url, place)
            way.append(str(url))
        raise for_good(words("{host} redirects again and again", host=url.host), host=url.host or "")

    async def aclose(self) -> None:
        """Closes the connections."""
        self._is_closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _get(self, url: URL, more: Mapping[str, str], seconds: float | None) -> aiohttp.ClientResponse:
        if self._is_closed:
            raise for_good(words("the session was closed while the file was fetched"))
        session = self._session or self._open()
        failure = ""
        try:
            return await session.get(
                url,
                headers=more,
                allow_redirects=False,
                proxy=None if self._proxy is None else self._proxy.reveal(),
                ssl=self._ssl,
                timeout=aiohttp.ClientTimeout(total=None, connect=seconds, sock_connect=seconds, sock_read=seconds),
            )
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            failure = reason_of(error)
        # Out here no error of another library hangs on to it, with the link in its hands.
        raise BrokenOffError(words("no answer from {host}: {failure}", host=url.host, failure=failure))

    def _open(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=15.0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            trust_env=False,
            auto_decompress=False,
            read_bufsize=READ_AT_ONCE,
        )
        return self._session

    def _checked(self, link: Token) -> URL:
        text = link.reveal()
        try:
            # As it is: whoever signed it signed these bytes.
            is_plain = text.isascii() and text.isprintable() and " " not in text
            url = URL(text, encoded=is_plain)
        except ValueError:
            url = URL()
        return self._allowed(url, words("the link"))

    def _redirected(self, url: URL, place: str) -> URL:
        try:
            following = url.join(URL(place, encoded=place.isascii()))
        except ValueError:
            following = URL()
        if url.scheme == "https" and following.scheme == "http":
            raise for_good(
                words("{host} redirects to a place without TLS; not followed", host=url.host), host=url.host or ""
            )
        return self._allowed(following, words("a redirect of {host}", host=url.host))

    def _allowed(self, url: URL, what: str) -> URL:
        if not url.host or url.scheme not in {"https", "http"}:
            raise for_good(words("{what} is no https:// address", what=what))
        if url.raw_user is not None or url.raw_password is not None:
            raise for_good(
                words("{what} holds a user name or a password, and is not followed", what=what), host=url.host
            )
        if url.scheme == "http" and not (self._may_use_http and is_loopback(url.host)):
            raise for_good(
                words("{what} leads to {host} without TLS, and is not followed", what=what, host=url.host),
                host=url.host,
            )
        return url


def reason_of(error: BaseException) -> str:
    """Another library's error in a few words, without an address in them."""
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return f"{type(error).__name__}: {one_line(error.strerror, 100)}"
    return type(error).__name__ if not isinstance(error, asyncio.TimeoutError) else words("nothing came for too long")


def _secrets_in(addresses: Iterable[str]) -> list[str]:
    """What of links may not be repeated, in the writings in which hosts repeat it; the longest first."""
    found: set[str] = set()
    for address in addresses:
        parts = urlsplit(address)
        values = [pair.partition("=")[2] for pair in parts.query.split("&")]
        for text in (parts.path, parts.query, *values):
            plain = {text, unquote(text), unquote_plus(text)}
            found |= plain | set(map(html.escape, plain))
    return sorted((text for text in found if len(text) > _SHORTEST_SECRET), key=len, reverse=True)
